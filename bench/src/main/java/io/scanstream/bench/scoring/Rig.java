package io.scanstream.bench.scoring;

import com.fasterxml.jackson.databind.JsonNode;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.Topics;
import io.scanstream.contracts.model.AliasState;
import io.scanstream.contracts.model.ModelEvent;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.contracts.scoring.ScanHeaders;
import io.scanstream.contracts.scoring.ScanId;
import io.scanstream.contracts.scoring.ScoreEvent;
import io.scanstream.local.platform.Platform;
import io.scanstream.local.platform.PlatformOptions;
import io.scanstream.storage.Aliases;
import io.scanstream.storage.ModelPackage;
import io.scanstream.storage.Models;
import io.scanstream.storage.ObjectStore;
import io.scanstream.storage.StoreConfig;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/** Broker, object store and one inference-service, each a process, and the clients of a user of theirs. */
final class Rig implements AutoCloseable {
    private static final Duration READY = Duration.ofMinutes(2);

    private final HttpClient http = HttpClient.newHttpClient();
    private final Platform platform;
    private final ObjectStore store;
    private final KafkaProducer<byte[], byte[]> producer;
    private final KafkaConsumer<byte[], byte[]> scores;
    private volatile @Nullable Exception notSent;

    private Rig(Platform platform) {
        this.platform = platform;
        Platform.Connections connections = platform.connections();
        this.store = store(connections);
        this.producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", connections.bootstrapServers(), "linger.ms", 0, "acks", "all"),
                new ByteArraySerializer(),
                new ByteArraySerializer());
        this.scores = new KafkaConsumer<>(
                Map.of("bootstrap.servers", connections.bootstrapServers(), "isolation.level", "read_committed"),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
        List<TopicPartition> partitions = scores.partitionsFor(Topics.SCORES).stream()
                .map(info -> new TopicPartition(Topics.SCORES, info.partition()))
                .toList();
        scores.assign(partitions);
        scores.seekToEnd(partitions);
        partitions.forEach(scores::position);
    }

    /** The platform's store; the caller closes it. */
    static ObjectStore store(Platform.Connections connections) {
        return ObjectStore.open(new StoreConfig(
                connections.store(),
                connections.credentials().accessKey(),
                connections.credentials().secretKey(),
                "scanstream",
                "us-east-1"));
    }

    /** Starts all of it, in a folder of its own. */
    static Rig start(Path project, Path home, Map<String, String> environment) throws InterruptedException {
        return new Rig(Platform.start(
                new PlatformOptions(home, project, environment, List.of("inference"), READY), System.err));
    }

    /** The processes by name. */
    Map<String, ProcessHandle> processes() {
        Map<String, ProcessHandle> processes = new HashMap<>(platform.processes());
        processes.put("client", ProcessHandle.current());
        return processes;
    }

    URI inference() {
        return platform.inference();
    }

    /** Another instance of the service, at work when this returns. */
    Instance another(Path project, Path folder) throws IOException, InterruptedException {
        return Instance.start(project, folder, platform.connections());
    }

    /** Publishes a package and lets it be the champion; instances are told. */
    void publish(ModelPackage pack) {
        publish(pack, store);
        ModelVersion version = new ModelVersion(pack.card().name(), pack.card().version());
        ModelEvent promoted = new ModelEvent.ModelPromoted(version, ScanHeaders.CHAMPION, Instant.now());
        var unused =
                producer.send(new ProducerRecord<>(Topics.MODEL_EVENTS, utf8(promoted.key()), Json.bytes(promoted)));
    }

    /** Publishes a package and lets it be the champion; an instance that starts finds it. */
    static void publish(ModelPackage pack, ObjectStore store) {
        new Models(store)
                .publish(new ModelVersion(pack.card().name(), pack.card().version()), pack);
        new Aliases(store)
                .journal(pack.card().name(), ScanHeaders.CHAMPION)
                .update(head ->
                        Optional.of(AliasState.promoted(pack.card().version(), "bench", "measured", Instant.now())));
    }

    /** Waits until the service serves a package's version; it hears of it when it next lists the store. */
    void awaitLoaded(ModelPackage pack) throws IOException, InterruptedException {
        HttpRequest models = HttpRequest.newBuilder(
                        inference().resolve("/v1/models/" + pack.card().name()))
                .build();
        long until = System.nanoTime() + READY.toNanos();
        while (System.nanoTime() < until) {
            HttpResponse<String> answer = http.send(models, HttpResponse.BodyHandlers.ofString());
            JsonNode versions = answer.statusCode() == 200
                    ? Json.read(answer.body().getBytes(StandardCharsets.UTF_8), JsonNode.class)
                            .path("versions")
                    : Json.read("[]".getBytes(StandardCharsets.UTF_8), JsonNode.class);
            for (JsonNode version : versions) {
                if (version.path("version").asText().equals(pack.card().version())
                        && version.path("state").asText().equals("LOADED")) {
                    return;
                }
            }
            Thread.sleep(500);
        }
        throw new ScanstreamException(
                ErrorCode.INTERNAL, pack.card().name() + " was not loaded within " + READY.toSeconds() + " s.");
    }

    /** Sends one scan; it is on its way when this returns. */
    ScanId send(String topic, String model, byte[] scan) {
        ScanId id = ScanId.next();
        send(topic, model, id, scan, null);
        return id;
    }

    /** As {@link #send(String, String, byte[])}, with an id and a deadline of the sender's choice. */
    void send(String topic, String model, ScanId id, byte[] scan, @Nullable Instant deadline) {
        ProducerRecord<byte[], byte[]> message = new ProducerRecord<>(topic, utf8(id.toString()), scan);
        message.headers().add(ScanHeaders.MODEL, utf8(model));
        if (deadline != null) {
            message.headers().add(ScanHeaders.DEADLINE, utf8(deadline.toString()));
        }
        var unused = producer.send(message, (metadata, failure) -> {
            if (failure != null) {
                notSent = failure;
            }
        });
    }

    /**
     * Reads committed scores.
     *
     * @param each hears of every scored id and when it was read, {@link System#nanoTime}
     * @throws ScanstreamException {@code INTERNAL} if a scan was rejected, {@code BROKER_UNAVAILABLE} if one was not sent
     */
    void readScores(Duration within, BiConsumer<ScanId, Long> each) {
        readEvents(within, (event, now) -> {
            if (event instanceof ScoreEvent.ScanRejected rejected) {
                throw new ScanstreamException(ErrorCode.INTERNAL, "a scan was rejected: " + rejected.reason());
            }
            each.accept(event.scanId(), now);
        });
    }

    /** Hears of what was read. */
    interface Reader {
        /**
         * One committed event.
         *
         * @param partition of the scores' topic
         * @param now {@link System#nanoTime}
         */
        void read(int partition, ScoreEvent event, long now);
    }

    /** Reads what is committed, scores and rejections. */
    void readEvents(Duration within, BiConsumer<ScoreEvent, Long> each) {
        readPartitions(within, (partition, event, now) -> each.accept(event, now));
    }

    /** As {@link #readEvents}, with where it lies. */
    void readPartitions(Duration within, Reader each) {
        Exception lost = notSent;
        if (lost != null) {
            throw new ScanstreamException(ErrorCode.BROKER_UNAVAILABLE, "a scan was not sent: " + lost, lost);
        }
        var records = scores.poll(within);
        long now = System.nanoTime();
        records.forEach(record -> each.read(record.partition(), Json.read(record.value(), ScoreEvent.class), now));
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        producer.close();
        scores.close();
        store.close();
        platform.close();
    }
}
