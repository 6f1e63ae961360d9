package io.scanstream.trainer;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;

import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.micrometer.core.instrument.MeterRegistry;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.ContextKey;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.quarkus.test.junit.QuarkusTest;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.Topics;
import io.scanstream.contracts.job.JobId;
import io.scanstream.contracts.scoring.ScanHeaders;
import io.scanstream.contracts.training.TrainingEvent;
import io.scanstream.local.objectstore.EmbeddedObjectStore;
import io.scanstream.trainer.job.JobMeters;
import io.smallrye.reactive.messaging.TracingMetadata;
import io.smallrye.reactive.messaging.kafka.api.OutgoingKafkaRecordMetadata;
import io.smallrye.reactive.messaging.memory.InMemoryConnector;
import io.smallrye.reactive.messaging.memory.InMemorySink;
import jakarta.enterprise.inject.Any;
import jakarta.inject.Inject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.eclipse.microprofile.reactive.messaging.Message;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The service with a real store, its channels in memory, and no Kafka at all. */
@QuarkusTest
@Tag("quarkus")
@QuarkusTestResource(value = TrainerServiceTest.StoreWithoutKafka.class, restrictToAnnotatedClass = true)
class TrainerServiceTest {

    public static final class StoreWithoutKafka implements QuarkusTestResourceLifecycleManager {
        private EmbeddedObjectStore store;

        @Override
        public Map<String, String> start() {
            Path folder;
            try {
                folder = Files.createTempDirectory("trainer-service");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            store = EmbeddedObjectStore.start(folder.resolve("store"));
            Map<String, String> config = new HashMap<>();
            config.putAll(InMemoryConnector.switchIncomingChannelsToInMemory("cancel-hints"));
            config.putAll(InMemoryConnector.switchOutgoingChannelsToInMemory(
                    "training-events", "model-events", "training-requests", "training-requests-dlq"));
            config.put("scanstream.store.endpoint", store.endpoint().toString());
            config.put("scanstream.store.access-key", store.credentials().accessKey());
            config.put("scanstream.store.secret-key", store.credentials().secretKey());
            config.put("scanstream.cache.dir", folder.resolve("cache").toString());
            config.put("scanstream.device", "cpu");
            // Nobody listens there.
            config.put("kafka.bootstrap.servers", "127.0.0.1:1");
            config.put("quarkus.http.test-port", "0");
            return config;
        }

        @Override
        public void stop() {
            store.close();
        }
    }

    @Inject
    KafkaSender sender;

    @Inject
    MeterRegistry metrics;

    @Inject
    @Any
    InMemoryConnector connector;

    @Test
    void isReadyWithItsStoreThoughKafkaIsAway() {
        given().get("/q/health/live").then().statusCode(200);
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .untilAsserted(() -> given().get("/q/health/ready").then().statusCode(200));
        given().get("/q/metrics").then().statusCode(200).body(containsString("jvm_memory"));
    }

    @Test
    void givesTheMetricsThatAreLookedAt() throws IOException {
        List<String> expected = new ArrayList<>();
        new YAMLMapper()
                .readTree(Path.of("../k8s/observability/metrics.yaml").toFile())
                .path("trainer")
                .forEach(name -> expected.add(name.asText()));
        assertThat(expected).hasSizeGreaterThan(4);
        new JobMeters(metrics)
                .accept(new TrainingEvent.TrainingFailed(JobId.next(), ErrorCode.DISK_FULL, "full", Instant.EPOCH));

        assertThat(given().get("/q/metrics").asString().lines().map(line -> line.split("[{ ]", 2)[0]))
                .containsAll(expected);
    }

    @Test
    void tellsWithTheJobAsKey() {
        InMemorySink<byte[]> sink = connector.sink("training-events");
        sink.clear();
        JobId job = JobId.next();
        TrainingEvent event = new TrainingEvent.TrainingCancelled(job, "enough", Instant.EPOCH);

        sender.send(Topics.TRAINING_EVENTS, job.toString(), Json.bytes(event), Map.of())
                .toCompletableFuture()
                .join();

        Message<byte[]> sent = sink.received().get(0);
        assertThat(Json.read(sent.getPayload(), TrainingEvent.class)).isEqualTo(event);
        assertThat(metadata(sent).getKey()).isEqualTo(job.toString());
    }

    @Test
    void whatIsToldCarriesTheContextOfTheJobOn() {
        InMemorySink<byte[]> sink = connector.sink("training-events");
        sink.clear();
        Context context = Context.current().with(ContextKey.named("job"), "a job's");
        Runnable send = () -> sender.send(Topics.TRAINING_EVENTS, "key", new byte[0], Map.of())
                .toCompletableFuture()
                .join();
        context.wrap(send).run();

        assertThat(sink.received().get(0).getMetadata(TracingMetadata.class))
                .hasValueSatisfying(
                        tracing -> assertThat(tracing.getCurrentContext()).isSameAs(context));
    }

    @Test
    void setsAsideWithTheErrorInTheHeaders() {
        InMemorySink<byte[]> sink = connector.sink("training-requests-dlq");
        sink.clear();

        sender.send(
                        Topics.TRAINING_REQUESTS_DLQ,
                        null,
                        new byte[] {7},
                        Map.of(ScanHeaders.ERROR_REASON, "not a request – at all"))
                .toCompletableFuture()
                .join();

        Message<byte[]> sent = sink.received().get(0);
        assertThat(sent.getPayload()).containsExactly(7);
        assertThat(header(sent, ScanHeaders.ERROR_REASON)).isEqualTo("not a request – at all");
        assertThat(metadata(sent).getKey()).isNull();
    }

    private static OutgoingKafkaRecordMetadata<?> metadata(Message<?> message) {
        return message.getMetadata(OutgoingKafkaRecordMetadata.class).orElseThrow();
    }

    private static String header(Message<?> message, String name) {
        return new String(metadata(message).getHeaders().lastHeader(name).value(), StandardCharsets.UTF_8);
    }

    @Test
    void takesCancelHintsAndWhateverElseIsSaid() {
        connector.source("cancel-hints").send("not json".getBytes(StandardCharsets.UTF_8));
        connector
                .source("cancel-hints")
                .send(Json.bytes(new TrainingEvent.TrainingCancelled(JobId.next(), "enough", Instant.EPOCH)));
        given().get("/q/health/live").then().statusCode(200);
    }
}
