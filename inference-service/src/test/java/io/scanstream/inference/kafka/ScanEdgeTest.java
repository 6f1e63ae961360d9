package io.scanstream.inference.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.api.OpenTelemetry;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.Topics;
import io.scanstream.contracts.scoring.ClaimTicket;
import io.scanstream.contracts.scoring.ScanHeaders;
import io.scanstream.contracts.scoring.ScanId;
import io.scanstream.contracts.scoring.ScoreEvent;
import io.scanstream.contracts.scoring.ScoreEvent.ScanRejected;
import io.scanstream.contracts.scoring.ScoreEvent.ScanScored;
import io.scanstream.imaging.DecodeLimits;
import io.scanstream.imaging.ImageDecoder;
import io.scanstream.inference.Cluster;
import io.scanstream.inference.ScanClient;
import io.scanstream.inference.TinyModel;
import io.scanstream.inference.TinyModel.OnBlack;
import io.scanstream.inference.model.ModelLoader;
import io.scanstream.inference.model.OnnxRuntime;
import io.scanstream.inference.model.OnnxSettings;
import io.scanstream.inference.model.OnnxSettings.Device;
import io.scanstream.inference.model.PublishedModels;
import io.scanstream.inference.model.ServingSet;
import io.scanstream.inference.scoring.Scorer;
import io.scanstream.inference.scoring.ScorerSettings;
import io.scanstream.storage.ObjectStore;
import io.scanstream.storage.Scans;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.assertj.core.data.Offset;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The Kafka edge in this process, on a real broker and a real store. */
class ScanEdgeTest {
    private static final String V1 = "20260101-000000-00000001";
    private static final String V2 = "20260102-000000-00000002";
    private static final byte[] RED = TinyModel.png(200, 20, 30, 24, 24);
    private static final byte[] NO_IMAGE = "no image".getBytes(StandardCharsets.UTF_8);
    private static final long MOST_BYTES = 100_000;

    @TempDir
    static Path folder;

    private static final AtomicBoolean STORE_IS_DOWN = new AtomicBoolean();
    private static final AtomicReference<Error> ERROR = new AtomicReference<>();
    private static final MeterRegistry METRICS = new SimpleMeterRegistry();

    private static Cluster cluster;
    private static AutoCloseable edge;

    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private ScanClient client;
    private ScanClient.Reader scores;
    private ScanClient.Reader deadLetters;

    @BeforeAll
    static void startCluster() throws InterruptedException {
        cluster = Cluster.start(folder);
        cluster.models().publishChampion(TinyModel.aModel().version(V1).write(folder.resolve("v1")));
        cluster.models()
                .publish(TinyModel.aModel()
                        .version(V2)
                        .withThreshold(0.9)
                        .referringBelow(1)
                        .flaggingAbove(30)
                        .write(folder.resolve("v2")));
        cluster.models()
                .publishChampion(TinyModel.aModel()
                        .named("nan")
                        .onBlack(OnBlack.GIVES_NAN)
                        .write(folder.resolve("nan")));
        edge = startEdge(METRICS);
    }

    @AfterAll
    static void stopCluster() throws Exception {
        edge.close();
        cluster.close();
    }

    @BeforeEach
    void connect() {
        client = cluster.client();
        scores = client.read(Topics.SCORES);
        deadLetters = client.read(Topics.SCANS_DLQ);
        open.push(client);
        open.push(scores);
        open.push(deadLetters);
    }

    @AfterEach
    void close() throws Exception {
        while (!open.isEmpty()) {
            open.pop().close();
        }
    }

    @Test
    void scoresWithTheChampion() {
        ScanScored score = (ScanScored) scoreOf(client.send("tiny", RED));

        assertThat(score.model()).isEqualTo("tiny");
        assertThat(score.version()).isEqualTo(V1);
        assertThat(score.decision()).isEqualTo("benign");
        assertThat(score.threshold()).isNull();
        assertThat(score.refer()).isNull();
        assertThat(score.novelty()).isNull();
        assertThat(score.probabilities().get("benign"))
                .isCloseTo(TinyModel.probabilities(200, 20, 30)[0], Offset.offset(1e-6));
    }

    @Test
    void scoresWithAVersionThatIsNoChampion() {
        ScanId id = ScanId.next();
        ProducerRecord<byte[], byte[]> scan = client.scan(id, "tiny", RED);
        scan.headers().add(ScanHeaders.MODEL_VERSION, ScanClient.utf8(V2));
        client.send(scan);

        ScanScored score = (ScanScored) scoreOf(id);

        assertThat(score.version()).isEqualTo(V2);
        assertThat(score.threshold()).isEqualTo(0.9);
        assertThat(score.refer()).isTrue();
        assertThat(score.novelty().distance()).isCloseTo(20, Offset.offset(1e-4));
        assertThat(score.novelty().flagged()).isFalse();
    }

    @Test
    void writesAScoreToThePartitionOfTheSameNumberUnderTheScansId() {
        ScanId id = client.send("tiny", RED);
        scoreOf(id);

        ConsumerRecord<byte[], byte[]> score = scores.poll().stream()
                .filter(record -> text(record.key()).equals(id.toString()))
                .findFirst()
                .orElseThrow();
        try (ScanClient.Reader scans = client.read(Topics.SCANS)) {
            await().untilAsserted(() -> assertThat(scans.poll()).anySatisfy(scan -> {
                assertThat(text(scan.key())).isEqualTo(id.toString());
                assertThat(scan.partition()).isEqualTo(score.partition());
            }));
        }
    }

    @Test
    void fetchesWhatAClaimTicketStandsFor() {
        ScanId id = ScanId.next();
        client.send(client.claimed(id, "tiny", new Scans(cluster.models().store()).put(id, RED)));

        assertThat(((ScanScored) scoreOf(id)).decision()).isEqualTo("benign");
    }

    @Test
    void rejectsWhatCannotBeScoredAndKeepsItAsADeadLetter() {
        assertRejected(client.send("tiny", NO_IMAGE), ErrorCode.NOT_AN_IMAGE, NO_IMAGE);
        assertRejected(client.send("tiny", new byte[0]), ErrorCode.NOT_AN_IMAGE, new byte[0]);
        assertRejected(client.send("nobody", RED), ErrorCode.UNKNOWN_MODEL, RED);
        assertRejected(client.send("No Name", RED), ErrorCode.INVALID_REQUEST, RED);
        assertRejected(client.send("nan", TinyModel.png(0, 0, 0, 16, 16)), ErrorCode.INTERNAL, null);
        ScanId withoutModel = ScanId.next();
        client.send(client.scan(withoutModel, null, RED));
        assertRejected(withoutModel, ErrorCode.INVALID_REQUEST, RED);
    }

    @Test
    void rejectsClaimTicketsThatDoNotHold() {
        Scans claimed = new Scans(cluster.models().store());
        ScanId gone = ScanId.next();
        client.send(client.claimed(gone, "tiny", new ClaimTicket("scans/2026-01-01/" + gone, 10, "0".repeat(64))));
        ScanId other = ScanId.next();
        ClaimTicket ticket = claimed.put(other, RED);
        client.send(client.claimed(other, "tiny", new ClaimTicket(ticket.key(), ticket.sizeBytes(), "0".repeat(64))));
        ScanId outside = ScanId.next();
        client.send(client.claimed(outside, "tiny", new ClaimTicket("models/tiny/x", 10, "0".repeat(64))));
        ScanId large = ScanId.next();
        client.send(client.claimed(large, "tiny", claimed.put(large, new byte[(int) MOST_BYTES + 1])));
        ScanId garbled = ScanId.next();
        ProducerRecord<byte[], byte[]> noTicket = client.scan(garbled, "tiny", NO_IMAGE);
        noTicket.headers().add(ScanHeaders.CONTENT_TYPE, ScanClient.utf8(ScanHeaders.CLAIM_TICKET));
        client.send(noTicket);

        assertRejected(gone, ErrorCode.UNKNOWN_SCAN, null);
        assertRejected(other, ErrorCode.INVALID_REQUEST, null);
        assertRejected(outside, ErrorCode.INVALID_REQUEST, null);
        assertRejected(large, ErrorCode.TOO_LARGE, null);
        assertRejected(garbled, ErrorCode.INVALID_REQUEST, NO_IMAGE);
    }

    @Test
    void rejectsAScanAfterItsDeadlineWithoutADeadLetter() {
        ScanId late = client.sendBy("tiny", RED, Instant.now().minusSeconds(1));
        ScanId inTime = client.sendBy("tiny", RED, Instant.now().plusSeconds(60));

        assertThat(((ScanRejected) scoreOf(late)).code()).isEqualTo(ErrorCode.DEADLINE_EXPIRED);
        assertThat(scoreOf(inTime)).isInstanceOf(ScanScored.class);
        assertRejected(client.send("tiny", NO_IMAGE), ErrorCode.NOT_AN_IMAGE, NO_IMAGE);
        assertThat(deadLetters.poll()).noneMatch(record -> text(record.key()).equals(late.toString()));
    }

    @Test
    void aRecordWithoutAScanIdBecomesADeadLetter() {
        byte[] key = ScanClient.utf8("no-id-" + UUID.randomUUID());
        client.send(new ProducerRecord<>(Topics.SCANS, key, RED));

        await().untilAsserted(() -> assertThat(deadLetters.poll()).anySatisfy(record -> {
            assertThat(record.key()).isEqualTo(key);
            assertThat(header(record, ScanHeaders.ERROR_CODE)).isEqualTo(ErrorCode.INVALID_REQUEST.name());
        }));
    }

    @Test
    void dropsRepeatsInABatchAfterItAndAfterARestart() throws Exception {
        ScanId id = ScanId.next();
        client.send(client.scan(id, "tiny", RED));
        client.send(client.scan(id, "tiny", RED));
        scoreOf(id);
        client.send(client.scan(id, "tiny", RED));
        scoreOf(client.send("tiny", RED));
        edge.close();
        edge = startEdge(METRICS);
        client.send(client.scan(id, "tiny", RED));
        client.flush();

        // The same partition is read in order: what follows the repeat is scored after it was dropped.
        ScanId follower = sendBehind(id);
        scoreOf(follower);
        assertThat(scores.scores().stream().filter(score -> score.scanId().equals(id)))
                .hasSize(1);
    }

    @Test
    void scoresUrgentScansToo() {
        try (ScanClient urgent = client.on(Topics.SCANS_URGENT)) {
            assertThat(scoreOf(urgent.send("tiny", RED))).isInstanceOf(ScanScored.class);
        }
    }

    @Test
    void waitsForAStoreThatIsDownAndRejectsNothing() throws InterruptedException {
        scoreOf(client.send("tiny", RED));
        ScanId claimed = ScanId.next();
        ClaimTicket ticket = new Scans(cluster.models().store()).put(claimed, RED);
        STORE_IS_DOWN.set(true);
        client.send(client.claimed(claimed, "tiny", ticket));
        client.flush();
        Thread.sleep(1_500);
        assertThat(scores.scores()).noneMatch(score -> score.scanId().equals(claimed));

        STORE_IS_DOWN.set(false);

        assertThat(scoreOf(claimed)).isInstanceOf(ScanScored.class);
        assertThat(deadLetters.poll()).noneMatch(record -> text(record.key()).equals(claimed.toString()));
    }

    @Test
    void goesOnWhenTheBrokerComesBack() throws InterruptedException {
        List<ScanId> sent = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            sent.add(client.send("tiny", RED));
        }
        scoreOf(sent.get(0));

        cluster.restartBroker(Duration.ofSeconds(1));

        for (int i = 0; i < 50; i++) {
            sent.add(client.send("tiny", RED));
        }
        sent.forEach(this::scoreOf);
        List<ScanId> scored = scores.scores().stream()
                .map(ScoreEvent::scanId)
                .filter(sent::contains)
                .toList();
        assertThat(scored).containsExactlyInAnyOrderElementsOf(sent);
    }

    @Test
    void countsWhatItCommitted() {
        double scoredBefore = count("scanstream.scans.scored", "model", "tiny");
        double rejectedBefore = count("scanstream.scans.rejected", "code", "NOT_AN_IMAGE");
        ScanId scored = client.send("tiny", RED);
        ScanId rejected = client.send("tiny", NO_IMAGE);
        scoreOf(scored);
        scoreOf(rejected);

        // A committed score can be read a moment before it is counted.
        await().untilAsserted(() -> {
            assertThat(count("scanstream.scans.scored", "model", "tiny")).isEqualTo(scoredBefore + 1);
            assertThat(count("scanstream.scans.rejected", "code", "NOT_AN_IMAGE"))
                    .isEqualTo(rejectedBefore + 1);
        });
        assertThat(METRICS.get("scanstream.transaction")
                        .tag("topic", Topics.SCANS)
                        .timer()
                        .count())
                .isPositive();
    }

    @Test
    void goesOnAfterAnError() throws Exception {
        edge.close();
        ERROR.set(new OutOfMemoryError("pretended"));
        edge = startEdge(METRICS);

        assertThat(scoreOf(client.send("tiny", RED))).isInstanceOf(ScanScored.class);
        assertThat(ERROR).hasValue(null);
        try (ScanClient urgent = client.on(Topics.SCANS_URGENT)) {
            assertThat(scoreOf(urgent.send("tiny", RED))).isInstanceOf(ScanScored.class);
        }
    }

    @Test
    void scansOnPartitionsThatCannotBeTakenUpYetCountAsBehind() throws Exception {
        edge.close();
        STORE_IS_DOWN.set(true);
        MeterRegistry metrics = new SimpleMeterRegistry();
        edge = startEdge(metrics);
        List<ScanId> sent = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            sent.add(client.send("tiny", RED));
        }
        client.flush();

        await().atMost(Duration.ofSeconds(60)).until(() -> lag(metrics) == 10);
        STORE_IS_DOWN.set(false);
        sent.forEach(this::scoreOf);
        await().atMost(Duration.ofSeconds(60)).until(() -> lag(metrics) == 0);
        edge.close();

        assertThat(lag(metrics)).as("nobody is connected").isNaN();
        edge = startEdge(METRICS);
    }

    private static double lag(MeterRegistry metrics) {
        return metrics.get("scanstream.scans.lag")
                .tag("topic", Topics.SCANS)
                .gauge()
                .value();
    }

    @Test
    void aDeadLetterThatIsTooLargeLosesItsOwnBytesOnly() {
        List<ScanId> small = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            small.add(client.send("tiny", NO_IMAGE));
        }
        // As large as the broker takes: with the reason in its headers it is too large.
        ScanId large = client.send("tiny", new byte[1_048_200]);
        for (int i = 0; i < 20; i++) {
            small.add(client.send("tiny", NO_IMAGE));
        }

        assertRejected(large, ErrorCode.NOT_AN_IMAGE, null);
        assertThat(deadLetters.poll())
                .filteredOn(record -> text(record.key()).equals(large.toString()))
                .allMatch(record -> record.value() == null);
        small.forEach(id -> assertRejected(id, ErrorCode.NOT_AN_IMAGE, NO_IMAGE));
    }

    private static double count(String name, String tag, String value) {
        return METRICS.find(name).tag("topic", Topics.SCANS).tag(tag, value).counters().stream()
                .mapToDouble(Counter::count)
                .sum();
    }

    private static AutoCloseable startEdge(MeterRegistry metrics) {
        ImageDecoder decoder = new ImageDecoder(DecodeLimits.defaults());
        Supplier<ObjectStore> store = () -> {
            Error error = ERROR.getAndSet(null);
            if (error != null) {
                throw error;
            }
            if (STORE_IS_DOWN.get()) {
                throw new ScanstreamException(ErrorCode.STORE_UNAVAILABLE, "down");
            }
            return cluster.models().store();
        };
        ModelLoader loader = new ModelLoader(new OnnxRuntime(OnnxSettings.defaults(Device.CPU)), decoder);
        ServingSet serving = new ServingSet(
                new PublishedModels(store, loader, folder.resolve("cache")),
                2,
                Duration.ofHours(1),
                (version, reason) -> {});
        Scorer scorer = new Scorer(ScorerSettings.defaults(), decoder, metrics);
        ClaimedScans claimed = ClaimedScans.inStore(store, MOST_BYTES);
        RecordScoring records = new RecordScoring(serving, scorer, claimed, 1 << 20, metrics);
        KafkaSettings settings = new KafkaSettings(
                Map.of("bootstrap.servers", cluster.bootstrapServers()),
                "test-" + UUID.randomUUID(),
                64,
                1 << 20,
                Duration.ofMillis(100),
                Duration.ofSeconds(10),
                Duration.ofSeconds(10),
                1000);
        Scorer shadowScorer = new Scorer(ScorerSettings.defaults(), decoder, new SimpleMeterRegistry());
        ShadowScoring shadows = ShadowScoring.toKafka(
                serving, shadowScorer, claimed, new ShadowSettings(64, 1 << 20), settings, metrics);
        ScanEdge started = new ScanEdge(settings, records, store, shadows, metrics, OpenTelemetry.noop());
        serving.start();
        started.start();
        return () -> {
            started.close();
            shadows.close();
            records.close();
            scorer.close();
            shadowScorer.close();
            serving.close();
        };
    }

    private ScoreEvent scoreOf(ScanId id) {
        client.flush();
        return await().atMost(Duration.ofSeconds(60))
                .until(
                        () -> scores.scores().stream()
                                .filter(score -> score.scanId().equals(id))
                                .findFirst(),
                        Optional::isPresent)
                .orElseThrow();
    }

    /** A new scan on the partition of another. */
    private ScanId sendBehind(ScanId other) {
        int partition = scores.poll().stream()
                .filter(record -> text(record.key()).equals(other.toString()))
                .findFirst()
                .orElseThrow()
                .partition();
        ScanId id = ScanId.next();
        ProducerRecord<byte[], byte[]> scan = client.scan(id, "tiny", RED);
        client.send(new ProducerRecord<>(Topics.SCANS, partition, scan.key(), scan.value(), scan.headers()));
        return id;
    }

    private void assertRejected(ScanId id, ErrorCode code, byte @Nullable [] kept) {
        ScanRejected rejected = (ScanRejected) scoreOf(id);
        assertThat(rejected.code()).as(rejected.reason()).isEqualTo(code);
        List<ConsumerRecord<byte[], byte[]>> mine = deadLetters.poll().stream()
                .filter(record -> text(record.key()).equals(id.toString()))
                .toList();
        assertThat(mine).singleElement().satisfies(record -> {
            assertThat(header(record, ScanHeaders.ERROR_CODE)).isEqualTo(code.name());
            assertThat(header(record, ScanHeaders.ERROR_REASON)).isEqualTo(rejected.reason());
            assertThat(header(record, ScanHeaders.ID)).isEqualTo(id.toString());
            if (kept != null) {
                assertThat(record.value()).isEqualTo(kept);
            }
        });
    }

    private static String header(ConsumerRecord<byte[], byte[]> record, String name) {
        return text(record.headers().lastHeader(name).value());
    }

    private static String text(byte[] utf8) {
        return new String(utf8, StandardCharsets.UTF_8);
    }
}
