package io.scanstream.inference;

import static org.assertj.core.api.Assertions.assertThat;

import io.scanstream.contracts.Topics;
import io.scanstream.contracts.scoring.ScanId;
import io.scanstream.contracts.scoring.ScoreEvent;
import io.scanstream.contracts.scoring.ScoreEvent.ScanScored;
import io.scanstream.inference.TinyModel.OnBlack;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The packaged service as a real process that gets SIGTERM with scans in hand. */
class ShutdownIT {
    private static final byte[] BLACK = TinyModel.png(0, 0, 0, 16, 16);

    @TempDir
    static Path folder;

    private static Cluster cluster;

    @BeforeAll
    static void start() throws InterruptedException {
        cluster = Cluster.start(folder);
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    /** Runs begin after SIGTERM too. */
    @Test
    void whatIsInHandIsScoredAndCommitted() throws Exception {
        cluster.models()
                .publishChampion(TinyModel.aModel()
                        .named("slow")
                        .convolving(1)
                        .onBlack(OnBlack.DAWDLES)
                        .write(folder.resolve("slow")));
        try (ServiceProcess service = service(
                                "drain",
                                Map.of(
                                        "SCANSTREAM_INFERENCE_DRAIN",
                                        "60s",
                                        "SCANSTREAM_INFERENCE_MAX_BATCH",
                                        "1",
                                        "SCANSTREAM_INFERENCE_PRECISION",
                                        "float16-always"))
                        .awaitReady();
                ScanClient client = cluster.client();
                ScanClient.Reader scores = client.read(Topics.SCORES)) {
            assertThat(service.get("/q/metrics").body().lines())
                    .filteredOn(line -> line.startsWith("scanstream_models_golden_deviation{model=\"slow\""))
                    .singleElement()
                    .asString()
                    .contains("precision=\"float16\"");
            List<ScanId> sent = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                sent.add(client.send("slow", BLACK));
            }
            client.flush();
            awaitInHand(service, 6);

            assertThat(service.stop()).isIn(0, 143);

            assertThat(scored(scores)).containsAll(sent.subList(0, 6));
            assertThat(service.log())
                    .doesNotContain("were not finished in time")
                    .doesNotContain("SIGSEGV");
        }
    }

    @Test
    void requestsInFlightAreAnsweredAndNewOnesAreSentElsewhere() throws Exception {
        cluster.models()
                .publishChampion(TinyModel.aModel()
                        .named("patient")
                        .onBlack(OnBlack.DAWDLES)
                        .write(folder.resolve("patient")));
        String path = "/v1/models/patient/score";
        try (ServiceProcess service = service(
                        "http", Map.of("SCANSTREAM_INFERENCE_DRAIN", "60s", "SCANSTREAM_INFERENCE_MAX_BATCH", "1"))
                .awaitReady()) {
            List<CompletableFuture<HttpResponse<String>>> inFlight = new ArrayList<>();
            for (int i = 0; i < 12; i++) {
                inFlight.add(service.post(path, BLACK));
            }
            Awaitility.await()
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> metric(service, "scanstream_http_images") == 12);

            service.terminate();

            Awaitility.await()
                    .pollInterval(Duration.ofMillis(20))
                    .until(() -> service.get("/v2/health/ready").statusCode() == 503);
            HttpResponse<String> ready = service.get("/q/health/ready");
            assertThat(ready.statusCode()).isEqualTo(503);
            // Kafka's loops do not wait for HTTP.
            assertThat(ready.body().replaceAll("\\s", "")).contains("\"kafka\":false");
            HttpResponse<String> refused = service.post(path, BLACK).get(10, TimeUnit.SECONDS);
            assertThat(refused.statusCode()).isEqualTo(503);
            assertThat(refused.headers().firstValue("Retry-After")).isPresent();
            assertThat(inFlight).as("still in flight").anyMatch(answer -> !answer.isDone());
            for (CompletableFuture<HttpResponse<String>> answer : inFlight) {
                assertThat(answer.get(60, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
            }
            assertThat(service.stop()).isIn(0, 143);
        }
    }

    /** A run that is ended is an error to ONNX Runtime, which it logs: its environment must still be there then. */
    @ParameterizedTest
    @EnumSource(
            value = OnBlack.class,
            names = {"LOOPS", "HANGS"})
    void aRunThatDoesNotEndHoldsUpNeitherTheProcessNorItsScans(OnBlack behaviour) throws Exception {
        String name = "stuck-" + behaviour.name().toLowerCase(Locale.ROOT);
        cluster.models()
                .publishChampion(
                        TinyModel.aModel().named(name).onBlack(behaviour).write(folder.resolve(name)));
        try (ScanClient client = cluster.client();
                ScanClient.Reader scores = client.read(Topics.SCORES)) {
            ScanId stuck;
            try (ServiceProcess service = service(name + "-1", Map.of("SCANSTREAM_INFERENCE_DRAIN", "2s"))
                    .awaitReady()) {
                stuck = client.send(name, BLACK);
                client.flush();
                awaitInHand(service, 1);

                long begun = System.nanoTime();
                int code = service.stop();

                assertThat(code).as("exit code").isIn(0, 143);
                assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(2 + 15));
                assertThat(service.log())
                        .contains("1 scans of scans were not finished in time; they are scored again.");
                assertThat(scored(scores)).doesNotContain(stuck);
            }
            // A version without the defect: whoever comes next scores what was handed back.
            cluster.models()
                    .publishChampion(TinyModel.aModel()
                            .named(name)
                            .version("20260102-000000-00000002")
                            .write(folder.resolve(name + "-fixed")));
            try (ServiceProcess next = service(name + "-2", Map.of()).awaitReady()) {
                Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> scored(scores)
                        .contains(stuck));
                next.stop();
            }
            assertThat(scores.scores().stream().filter(event -> event.scanId().equals(stuck)))
                    .singleElement()
                    .isInstanceOf(ScanScored.class);
        }
    }

    private static ServiceProcess service(String name, Map<String, String> settings) throws Exception {
        Map<String, String> environment = new HashMap<>(cluster.environment());
        environment.putAll(settings);
        return ServiceProcess.start(environment, folder.resolve(name));
    }

    private static void awaitInHand(ServiceProcess service, int scans) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(50))
                .until(() -> metric(service, "scanstream_scans_in_hand{topic=\"scans\"") >= scans);
    }

    /** The largest value of the metrics whose line begins so; -1 without any. */
    private static double metric(ServiceProcess service, String line) throws IOException, InterruptedException {
        return service.get("/q/metrics")
                .body()
                .lines()
                .filter(one -> one.startsWith(line))
                .mapToDouble(one -> Double.parseDouble(one.substring(one.lastIndexOf(' '))))
                .max()
                .orElse(-1);
    }

    private static List<ScanId> scored(ScanClient.Reader scores) {
        return scores.scores().stream()
                .filter(ScanScored.class::isInstance)
                .map(ScoreEvent::scanId)
                .toList();
    }
}
