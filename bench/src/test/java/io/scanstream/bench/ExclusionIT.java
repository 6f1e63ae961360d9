package io.scanstream.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.scanstream.contracts.Json;
import io.scanstream.local.demo.Demo;
import io.scanstream.local.demo.DemoResult;
import io.scanstream.local.platform.Platform;
import io.scanstream.local.platform.PlatformOptions;
import io.scanstream.local.samples.SampleGenerator;
import io.scanstream.local.samples.SampleSet;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A subject withdraws consent: what was trained on their scans, what is trained without them, and what is written of it. */
@Tag("once")
class ExclusionIT {
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final String SUBJECT = "patient-0815";

    @TempDir
    Path folder;

    @Test
    void aSubjectIsExcludedAndTheModelTrainedWithoutThem() throws IOException, InterruptedException {
        Path scans = folder.resolve("scans");
        SampleGenerator.write(new SampleSet(36, 12, 32, 1), scans);
        Files.writeString(scans.resolve("subjects.csv"), """
                file,subject
                train/cancer/cancer-0001.png,patient-0815
                train/benign/benign-0001.png,patient-0815
                train/normal/normal-0001.png,patient-4711
                """);
        PlatformOptions options =
                PlatformOptions.in(folder.resolve("home"), Path.of(System.getProperty("scanstream.root")));
        PrintStream log = System.err;
        try (Platform platform = Platform.start(options, log)) {
            URI api = platform.gateway();
            DemoResult first = new Demo(api, folder.resolve("demo"), log, false)
                    .run(new Demo.Request(scans, "tissue", "demo-cnn", 2, 7L));
            JsonNode before = get(api, "/api/v1/models/demo-cnn/" + first.version());
            assertThat(imagesOf(before)).isEqualTo(36);

            JsonNode accepted = post(
                    api,
                    "/api/v1/subjects/exclusions",
                    "{\"subject\":\"" + SUBJECT
                            + "\",\"retrain\":true,\"actor\":\"ada\",\"reason\":\"consent withdrawn\"}");
            String id = accepted.at("/id").asText();
            JsonNode done = awaited(api, "/api/v1/subjects/exclusions/" + id, "DONE");

            assertThat(done.at("/before/held/0/scans").asInt())
                    .as(done.toString())
                    .isEqualTo(2);
            assertThat(done.at("/before/actor").asText()).isEqualTo("ada");
            assertThat(done.at("/before/kafka")).as("what Kafka still holds").isNotEmpty();
            assertThat(done.at("/after/successors/0/version").asInt()).isEqualTo(2);
            assertThat(done.at("/after/blobsDeleted").asInt()).isEqualTo(2);
            assertThat(done.at("/after/flagged/0/version").asText()).isEqualTo(first.version());
            assertThat(done.at("/after/remarks")).as(done.toString()).isEmpty();
            assertThat(done.at("/after/retrainings")).hasSize(1);

            String training = done.at("/after/retrainings/0").asText();
            JsonNode retrained = awaited(api, "/api/v1/trainings/" + training, "SUCCEEDED");
            JsonNode after = get(
                    api,
                    "/api/v1/models/demo-cnn/" + retrained.at("/result/version").asText());
            assertThat(imagesOf(after)).isEqualTo(34);
            assertThat(after.at("/dataset/version").asInt()).isEqualTo(2);
            JsonNode overview = get(api, "/api/v1/models/demo-cnn");
            assertThat(overview.at("/versions/0/exclusions/0/exclusion").asText())
                    .as(overview.toString())
                    .isEqualTo(id);
            assertThat(overview.at("/versions/1/exclusions")).isEmpty();
            for (int version : List.of(1, 2)) {
                String manifest = get(api, "/api/v1/datasets/tissue/" + version + "/manifest")
                        .toString();
                assertThat(manifest)
                        .as("version " + version)
                        .contains("train/normal/normal-0001.png")
                        .doesNotContain("train/cancer/cancer-0001.png", "train/benign/benign-0001.png", SUBJECT);
            }
        }
        for (String service : List.of("gateway", "trainer", "inference")) {
            assertThat(options.home().resolve("logs/" + service + ".log"))
                    .content(StandardCharsets.UTF_8)
                    .doesNotContain(SUBJECT);
        }
    }

    private static int imagesOf(JsonNode card) {
        return card.at("/images/train").asInt() + card.at("/images/validation").asInt();
    }

    private static JsonNode awaited(URI api, String path, String status) {
        return await().atMost(PATIENCE).pollInterval(Duration.ofMillis(500)).until(() -> get(api, path), found -> {
            assertThat(found.at("/status").asText()).isNotIn("FAILED", "CANCELLED");
            return found.at("/status").asText().equals(status);
        });
    }

    private static JsonNode get(URI api, String path) throws IOException, InterruptedException {
        return answer(HttpRequest.newBuilder(api.resolve(path)).build());
    }

    private static JsonNode post(URI api, String path, String json) throws IOException, InterruptedException {
        return answer(HttpRequest.newBuilder(api.resolve(path))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(json))
                .build());
    }

    private static JsonNode answer(HttpRequest request) throws IOException, InterruptedException {
        HttpResponse<byte[]> response = HTTP.send(request, HttpResponse.BodyHandlers.ofByteArray());
        assertThat(response.statusCode())
                .as(request + ": " + new String(response.body(), StandardCharsets.UTF_8))
                .isBetween(200, 299);
        return Json.mapper().readTree(response.body());
    }
}
