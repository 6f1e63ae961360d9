package io.scanstream.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.Topics;
import io.scanstream.local.demo.Demo;
import io.scanstream.local.demo.DemoResult;
import io.scanstream.local.platform.Platform;
import io.scanstream.local.platform.PlatformOptions;
import io.scanstream.local.samples.SampleGenerator;
import io.scanstream.local.samples.SampleSet;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packaged jars, a real broker and a real object store: once through the whole platform, and once more after a restart. */
class PlatformIT {
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    @TempDir
    Path folder;

    @Test
    void trainsScoresAndFindsItsDataAgain() throws IOException, InterruptedException {
        Path scans = folder.resolve("scans");
        SampleGenerator.write(new SampleSet(48, 24, 32, 1), scans);
        // A file that is no image is rejected at ingest and holds nothing up.
        Files.writeString(scans.resolve("train/cancer/notes.png"), "not an image");
        TraceCollector traces = TraceCollector.start();
        PlatformOptions options = traced(
                PlatformOptions.in(folder.resolve("home"), Path.of(System.getProperty("scanstream.root"))), traces);
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        PrintStream out = new PrintStream(said, true, StandardCharsets.UTF_8);
        byte[] scan = Files.readAllBytes(scans.resolve("test/cancer/cancer-0001.png"));
        DemoResult result;
        JsonNode score;

        try (Platform platform = Platform.start(options, out)) {
            result = new Demo(platform.gateway(), folder.resolve("demo"), out, false)
                    .run(new Demo.Request(scans, "tissue", "demo-cnn", 2, 7L));

            assertThat(result.scansSent())
                    .as(said.toString(StandardCharsets.UTF_8))
                    .isEqualTo(24);
            assertThat(result.scansScored()).isEqualTo(24);
            assertThat(result.classes()).containsExactly("benign", "cancer", "normal");
            assertThat(said.toString(StandardCharsets.UTF_8)).contains("1 files rejected", "epoch 2/2");
            assertThat(folder.resolve("demo/report.html")).content().contains("<svg", "tissue/1");

            isOneTraceFromPostToJob(traces);
            score = scored(platform, scan);
            isOneTraceFromPostToScore(platform, traces, scan);
            JsonNode direct = json(HTTP.send(
                    HttpRequest.newBuilder(platform.inference().resolve("/v1/models/demo-cnn/score"))
                            .header("Content-Type", "image/png")
                            .POST(HttpRequest.BodyPublishers.ofByteArray(scan))
                            .build(),
                    HttpResponse.BodyHandlers.ofByteArray()));
            assertThat(direct.at("/version").asText()).isEqualTo(result.version());
            assertThat(direct.at("/probabilities")).isEqualTo(score.at("/result/probabilities"));

            answersAsWhenItWasEvaluated(platform, result);
            mapsWhatSpokeForTheDecision(platform, result, scan);
            JsonNode rejected = post(platform, "?model=demo-cnn", "not an image".getBytes(StandardCharsets.UTF_8));
            assertThat(rejected.at("/result/code").asText())
                    .as(rejected.toString())
                    .isEqualTo("NOT_AN_IMAGE");
            JsonNode unknown = post(platform, "?model=nobody", scan);
            assertThat(unknown.at("/status").asInt()).as(unknown.toString()).isEqualTo(404);
            assertThat(unknown.at("/code").asText()).isEqualTo("UNKNOWN_MODEL");
        }

        try (Platform again = Platform.start(options, out)) {
            JsonNode after = scored(again, scan);

            assertThat(after.at("/result/version").asText()).isEqualTo(result.version());
            assertThat(after.at("/result/probabilities")).isEqualTo(score.at("/result/probabilities"));
            JsonNode old = json(HTTP.send(
                    HttpRequest.newBuilder(again.gateway()
                                    .resolve("/api/v1/scans/" + score.at("/id").asText()))
                            .build(),
                    HttpResponse.BodyHandlers.ofByteArray()));
            assertThat(old.at("/status").asText())
                    .as("a score from before the restart")
                    .isEqualTo("SCORED");
        } finally {
            traces.close();
        }
    }

    /** With traces, and with drift looked for in a demo's few scans. */
    private static PlatformOptions traced(PlatformOptions options, TraceCollector traces) {
        Map<String, String> environment = new HashMap<>(traces.environment());
        environment.put("SCANSTREAM_INFERENCE_ANSWERS_INTERVAL", "1s");
        environment.put("SCANSTREAM_DRIFT_LEAST_SCANS", "20");
        return new PlatformOptions(
                options.home(), options.project(), environment, options.services(), options.patience());
    }

    /** The test scans were sent over Kafka: their answers fall as those that the package has of the same images. */
    private static void answersAsWhenItWasEvaluated(Platform platform, DemoResult result) {
        URI drift = platform.gateway().resolve("/api/v1/models/demo-cnn/" + result.version() + "/drift");
        JsonNode told = await().atMost(Duration.ofMinutes(1))
                .until(
                        () -> json(HTTP.send(
                                HttpRequest.newBuilder(drift).build(), HttpResponse.BodyHandlers.ofByteArray())),
                        // The scan that is scored beside them over both edges, and once more for its trace.
                        answer -> answer.at("/scans").asInt() == result.scansScored() + 3);
        assertThat(told.at("/reference").asText()).isEqualTo("test");
        assertThat(told.at("/referenceImages").asInt()).isEqualTo(result.testImages());
        assertThat(told.at("/quantities"))
                .as(told.toString())
                .hasSizeGreaterThanOrEqualTo(5)
                .allSatisfy(each -> assertThat(each.at("/drifted").asBoolean()).isFalse());
    }

    /** A scan of a subject is kept; the inference service maps it with the version that scored it, as it would the client's own. */
    private static void mapsWhatSpokeForTheDecision(Platform platform, DemoResult result, byte[] scan)
            throws IOException, InterruptedException {
        JsonNode answer = json(HTTP.send(
                posting(platform, "?model=demo-cnn", scan)
                        .header("X-Scanstream-Subject", "patient-0815")
                        .build(),
                HttpResponse.BodyHandlers.ofByteArray()));
        assertThat(answer.at("/status").asText()).as(answer.toString()).isEqualTo("SCORED");
        URI map = platform.gateway().resolve("/api/v1/scans/" + answer.at("/id").asText() + "/heatmap");

        HttpResponse<byte[]> picture =
                HTTP.send(HttpRequest.newBuilder(map).build(), HttpResponse.BodyHandlers.ofByteArray());
        JsonNode figures = json(HTTP.send(
                HttpRequest.newBuilder(map).header("Accept", "application/json").build(),
                HttpResponse.BodyHandlers.ofByteArray()));
        JsonNode own = json(HTTP.send(
                HttpRequest.newBuilder(platform.inference().resolve("/v1/models/demo-cnn/heatmap"))
                        .header("Content-Type", "image/png")
                        .header("Accept", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofByteArray(scan))
                        .build(),
                HttpResponse.BodyHandlers.ofByteArray()));

        assertThat(picture.statusCode()).isEqualTo(200);
        assertThat(picture.headers().firstValue("Content-Type")).hasValue("image/png");
        assertThat(ImageIO.read(new ByteArrayInputStream(picture.body()))).isNotNull();
        assertThat(figures.at("/version").asText()).as(figures.toString()).isEqualTo(result.version());
        assertThat(figures.at("/label").asText())
                .isEqualTo(answer.at("/result/decision").asText());
        assertThat(figures).isEqualTo(own);
    }

    /** A job's span, whether the data set's or the training's, lies below the record that asked for it, and that below a POST. */
    private static void isOneTraceFromPostToJob(TraceCollector traces) throws InterruptedException {
        TraceCollector.Span job = traces.await("process training.requests");
        TraceCollector.Span sent = traces.awaitParent(job);
        TraceCollector.Span request = traces.awaitParent(sent);
        assertThat(sent.kind()).isEqualTo(TraceCollector.PRODUCER);
        assertThat(request.kind()).isEqualTo(TraceCollector.SERVER);
        assertThat(request.name()).contains("POST /api/v1/");
        assertThat(List.of(job.trace(), sent.trace())).containsOnly(request.trace());
    }

    /** From a client's span through the gateway's request and its record to the scan's, whose score carries the trace on. */
    private static void isOneTraceFromPostToScore(Platform platform, TraceCollector traces, byte[] scan)
            throws IOException, InterruptedException {
        String trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        String client = "00f067aa0ba902b7";
        JsonNode answer = json(HTTP.send(
                posting(platform, "?model=demo-cnn", scan)
                        .header("traceparent", "00-" + trace + "-" + client + "-01")
                        .build(),
                HttpResponse.BodyHandlers.ofByteArray()));
        assertThat(answer.at("/status").asText()).as(answer.toString()).isEqualTo("SCORED");

        TraceCollector.Span processed = traces.await(trace, TraceCollector.CONSUMER, "process scans");
        TraceCollector.Span sent = traces.await(trace, TraceCollector.PRODUCER, "scans");
        TraceCollector.Span request = traces.await(trace, TraceCollector.SERVER, "/api/v1/scans");
        assertThat(request.parent()).isEqualTo(client);
        assertThat(sent.parent()).isEqualTo(request.id());
        assertThat(processed.parent()).isEqualTo(sent.id());
        assertThat(processed.events()).containsExactly("model acquired", "scored");
        assertThat(traceparent(platform, answer.at("/id").asText()))
                .isEqualTo("00-" + trace + "-" + processed.id() + "-01");
    }

    /** Of a scan's score. */
    private static String traceparent(Platform platform, String scanId) {
        try (KafkaConsumer<String, byte[]> consumer = new KafkaConsumer<>(
                Map.of(
                        "bootstrap.servers",
                        platform.connections().bootstrapServers(),
                        "isolation.level",
                        "read_committed"),
                new StringDeserializer(),
                new ByteArrayDeserializer())) {
            List<TopicPartition> all = consumer.partitionsFor(Topics.SCORES).stream()
                    .map(info -> new TopicPartition(info.topic(), info.partition()))
                    .toList();
            consumer.assign(all);
            consumer.seekToBeginning(all);
            for (int polls = 0; polls < 100; polls++) {
                for (ConsumerRecord<String, byte[]> score : consumer.poll(Duration.ofMillis(200))) {
                    Header context = score.headers().lastHeader("traceparent");
                    if (score.key().equals(scanId) && context != null) {
                        return new String(context.value(), StandardCharsets.UTF_8);
                    }
                }
            }
            throw new AssertionError("no score of " + scanId + " carries a trace");
        }
    }

    private static JsonNode scored(Platform platform, byte[] scan) throws IOException, InterruptedException {
        JsonNode answer = post(platform, "?model=demo-cnn", scan);
        assertThat(answer.at("/status").asText()).as(answer.toString()).isEqualTo("SCORED");
        return answer;
    }

    private static JsonNode post(Platform platform, String query, byte[] body)
            throws IOException, InterruptedException {
        return json(HTTP.send(posting(platform, query, body).build(), HttpResponse.BodyHandlers.ofByteArray()));
    }

    private static HttpRequest.Builder posting(Platform platform, String query, byte[] body) {
        return HttpRequest.newBuilder(platform.gateway().resolve("/api/v1/scans" + query))
                .header("Content-Type", "application/octet-stream")
                .header("Prefer", "wait=30")
                .POST(HttpRequest.BodyPublishers.ofByteArray(body));
    }

    private static JsonNode json(HttpResponse<byte[]> response) throws IOException {
        return Json.mapper().readTree(response.body());
    }
}
