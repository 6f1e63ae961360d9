package io.scanstream.inference.arrivals;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Topics;
import io.scanstream.contracts.scoring.ScanHeaders;
import io.scanstream.contracts.scoring.ScanId;
import io.scanstream.contracts.scoring.ScoreEvent;
import io.scanstream.contracts.scoring.ScoreEvent.ScanRejected;
import io.scanstream.contracts.scoring.ScoreEvent.ScanScored;
import io.scanstream.inference.Cluster;
import io.scanstream.inference.ScanClient;
import io.scanstream.inference.ScoringProcess;
import io.scanstream.inference.TinyModel;
import io.scanstream.storage.Incoming;
import io.scanstream.storage.ObjectStore;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;

/** From an object in a real store to its score, over a real broker. Each test has a prefix of its own. */
class ArrivalsTest {
    private static final String V1 = "20260101-000000-00000001";
    private static final String V2 = "20260102-000000-00000002";
    private static final String BUCKET = "scanstream";
    private static final byte[] RED = TinyModel.png(200, 20, 30, 24, 24);
    private static final byte[] GREEN = TinyModel.png(20, 200, 30, 24, 24);
    private static final Duration SOON = Duration.ofMillis(200);
    private static final Duration NEVER = Duration.ofDays(1);

    @TempDir
    static Path folder;

    private static Cluster cluster;
    private static ObjectStore store;

    private final InMemorySpanExporter spans = InMemorySpanExporter.create();
    private final OpenTelemetrySdk telemetry = OpenTelemetrySdk.builder()
            .setTracerProvider(SdkTracerProvider.builder()
                    .addSpanProcessor(SimpleSpanProcessor.create(spans))
                    .build())
            .setPropagators(ContextPropagators.create(W3CTraceContextPropagator.getInstance()))
            .build();
    private final List<Running> started = new ArrayList<>();
    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private IncomingLayout layout;
    private String prefix;
    private ScanClient client;
    private ScanClient.Reader scores;
    private ScanClient.Reader scans;
    private ScanClient.Reader deadLetters;

    private record Running(Arrivals arrivals, MeterRegistry metrics) {
        boolean leads() {
            return metrics.get("scanstream.arrivals.leading").gauge().value() == 1;
        }

        double count(String name, String... tags) {
            Counter counter = metrics.find(name).tags(tags).counter();
            return counter == null ? 0 : counter.count();
        }
    }

    @BeforeAll
    static void startCluster() throws InterruptedException {
        cluster = Cluster.start(folder);
        store = cluster.models().store();
        cluster.models().publishChampion(TinyModel.aModel().version(V1).write(folder.resolve("v1")));
        cluster.models().publish(TinyModel.aModel().version(V2).write(folder.resolve("v2")));
    }

    @AfterAll
    static void stopCluster() {
        cluster.close();
    }

    @BeforeEach
    void connect(TestInfo test) {
        prefix = test.getTestMethod().orElseThrow().getName();
        layout = new IncomingLayout(prefix);
        client = opened(cluster.client());
        scores = opened(client.read(Topics.SCORES));
        scans = opened(client.read(Topics.SCANS));
        deadLetters = opened(client.read(Topics.SCAN_ARRIVALS_DLQ));
    }

    @AfterEach
    void close() throws Exception {
        while (!open.isEmpty()) {
            open.pop().close();
        }
    }

    @Test
    void scoresWhatIsPutWithoutANotification() {
        startScoring();
        startArrivals(SOON, 1000);
        store.put(prefix + "/tiny/ward 3/ü+1%20.png", RED);
        store.put(prefix + "/tiny/broken.png", new byte[] {1, 2, 3});

        ScanScored scored = (ScanScored) scoreOf(prefix + "/tiny/ward 3/ü+1%20.png");
        assertThat(scored.decision()).isEqualTo("benign");
        assertThat(scored.version()).isEqualTo(V1);
        ScanRejected rejected = (ScanRejected) scoreOf(prefix + "/tiny/broken.png");
        assertThat(rejected.code()).isEqualTo(ErrorCode.NOT_AN_IMAGE);
    }

    @Test
    void anArrivalBeginsATrace() {
        startArrivals(SOON, 1000);
        store.put(prefix + "/tiny/1.png", RED);

        await().atMost(Duration.ofSeconds(30))
                .until(() -> !spans.getFinishedSpanItems().isEmpty());

        SpanData span = spans.getFinishedSpanItems().get(0);
        assertThat(span.getName()).isEqualTo("send scans");
        assertThat(span.getParentSpanContext().isValid()).isFalse();
        String context = "00-" + span.getTraceId() + "-" + span.getSpanId() + "-01";
        await().until(() -> scans.poll().stream()
                .map(record -> record.headers().lastHeader("traceparent"))
                .anyMatch(header -> header != null && new String(header.value(), UTF_8).equals(context)));
    }

    @Test
    void scoresWhatIsAnnounced() {
        startScoring();
        Running arrivals = startArrivals(NEVER, 1000);
        store.put(prefix + "/tiny/ward 3/ü+1%20.png", RED);
        announce(prefix + "/tiny/ward 3/ü+1%20.png");

        assertThat(scoreOf(prefix + "/tiny/ward 3/ü+1%20.png")).isInstanceOf(ScanScored.class);
        assertThat(arrivals.count("scanstream.arrivals", "via", "notification", "result", "enqueued"))
                .isEqualTo(1);
    }

    @Test
    void scoresOnceWhatIsAnnouncedTwiceAndFoundToo() {
        startScoring();
        startArrivals(SOON, 1000);
        List<String> keys = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            keys.add(prefix + "/tiny/" + i + ".png");
            announce(keys.get(i));
            store.put(keys.get(i), RED);
            announce(keys.get(i));
        }

        keys.forEach(this::scoreOf);
        store.put(prefix + "/tiny/last.png", RED);
        scoreOf(prefix + "/tiny/last.png");
        keys.forEach(key -> assertThat(allScoresOf(key)).as(key).hasSize(1));
    }

    @Test
    void theKeySaysWhichModelAndHowUrgent() {
        startScoring();
        startArrivals(SOON, 1000);
        store.put(prefix + "/tiny@" + V2 + "/1.png", RED);
        store.put(prefix + "/tiny@champion/1.png", RED);
        store.put(prefix + "/tiny@nobody/1.png", RED);
        store.put(prefix + "-urgent/tiny/1.png", RED);

        assertThat(((ScanScored) scoreOf(prefix + "/tiny@" + V2 + "/1.png")).version())
                .isEqualTo(V2);
        assertThat(((ScanScored) scoreOf(prefix + "/tiny@champion/1.png")).version())
                .isEqualTo(V1);
        assertThat(((ScanRejected) scoreOf(prefix + "/tiny@nobody/1.png")).code())
                .isEqualTo(ErrorCode.UNKNOWN_MODEL);
        assertThat(scoreOf(prefix + "-urgent/tiny/1.png")).isInstanceOf(ScanScored.class);
        ScanClient.Reader urgent = opened(client.read(Topics.SCANS_URGENT));
        await().until(() -> urgent.poll().stream().anyMatch(scan -> isOf(scan, prefix + "-urgent/tiny/1.png")));
    }

    @Test
    void setsAsideWhatNamesNoScanAndGoesOn() {
        startScoring();
        startArrivals(NEVER, 1000);
        store.put(prefix + "/nomodel.png", RED);
        announce(prefix + "/nomodel.png");
        announce(prefix + "/tiny/gone.png");
        announce(prefix + "/tiny/../1.png");
        announce("another", prefix + "/tiny/1.png");
        announceAs(prefix + " no json", "no json");
        // None of these is anything to score, and nothing is wrong with them.
        announce("models/tiny/1.png");
        announce(prefix + "/tiny/");
        announceAs("test", "{\"Service\":\"Amazon S3\",\"Event\":\"s3:TestEvent\",\"Bucket\":\"" + BUCKET + "\"}");
        announceAs("removed", notification("ObjectRemoved:Delete", BUCKET, prefix + "/tiny/gone.png"));
        store.put(prefix + "/tiny/good.png", RED);
        announce(prefix + "/tiny/good.png");

        assertThat(scoreOf(prefix + "/tiny/good.png")).isInstanceOf(ScanScored.class);
        await().untilAsserted(() -> assertThat(deadLetters().stream()
                        .map(letter -> text(letter.key()) + " " + header(letter, ScanHeaders.ERROR_CODE)))
                .containsExactlyInAnyOrder(
                        BUCKET + "/" + prefix + "/nomodel.png INVALID_REQUEST",
                        BUCKET + "/" + prefix + "/tiny/gone.png UNKNOWN_SCAN",
                        BUCKET + "/" + prefix + "/tiny/../1.png INVALID_REQUEST",
                        "another/" + prefix + "/tiny/1.png INVALID_REQUEST",
                        prefix + " no json INVALID_REQUEST"));
        assertThat(deadLetters()).allSatisfy(letter -> {
            assertThat(header(letter, ScanHeaders.SOURCE_TOPIC)).isEqualTo(Topics.SCAN_ARRIVALS);
            assertThat(header(letter, ScanHeaders.ATTEMPTS)).isEqualTo("1");
            assertThat(letter.value()).isNotEmpty();
        });
    }

    @Test
    void setsAsideWhatIsFoundWithoutAModelOnce() {
        startScoring();
        startArrivals(SOON, 1000);
        store.put(prefix + "/nomodel ü.png", RED);
        store.put(prefix + "/tiny/1.png", RED);
        scoreOf(prefix + "/tiny/1.png");
        store.put(prefix + "/tiny/2.png", RED);
        scoreOf(prefix + "/tiny/2.png");

        await().until(() -> !deadLetters().isEmpty());
        assertThat(deadLetters()).singleElement().satisfies(letter -> {
            assertThat(header(letter, ScanHeaders.ERROR_CODE)).isEqualTo(ErrorCode.INVALID_REQUEST.name());
            assertThat(text(letter.key())).isEqualTo(BUCKET + "/" + prefix + "/nomodel ü.png");
            assertThat(S3Notification.read(letter.value()))
                    .containsExactly(new S3Notification.Put(BUCKET, prefix + "/nomodel ü.png"));
        });
    }

    @Test
    void anObjectThatIsOverwrittenBeforeItIsScoredIsRejectedAndTheNewOneScored() {
        String key = prefix + "/tiny/1.png";
        startArrivals(SOON, 1000);
        store.put(key, RED);
        await().until(() -> scans.poll().stream().anyMatch(scan -> isOf(scan, key)));
        store.put(key, GREEN);
        await().until(() ->
                scans.poll().stream().filter(scan -> isOf(scan, key)).count() == 2);

        startScoring();

        await().atMost(Duration.ofSeconds(60)).until(() -> allScoresOf(key).size() == 2);
        assertThat(allScoresOf(key))
                .anySatisfy(score -> assertThat(score)
                        .isInstanceOfSatisfying(ScanRejected.class, rejected -> assertThat(rejected.code())
                                .isEqualTo(ErrorCode.SUPERSEDED)))
                .anySatisfy(score -> assertThat(score)
                        .isInstanceOfSatisfying(ScanScored.class, scored -> assertThat(scored.decision())
                                .isEqualTo("cancer")));
    }

    @Test
    void aThousandObjectsAtOnceLagAndDoNotFlood() {
        int most = 100;
        for (int i = 0; i < 1000; i++) {
            store.put(prefix + "/tiny/%04d.png".formatted(i), RED);
        }
        Running arrivals = startArrivals(SOON, most);
        await().atMost(Duration.ofSeconds(60))
                .until(() -> arrivals.count("scanstream.arrivals.held.back") >= 3
                        && arrivals.count("scanstream.arrivals", "via", "reconciler") >= most);

        assertThat(scans.poll().stream().filter(this::isMine)).hasSizeBetween(most / 2, most);

        startScoring();
        await().atMost(Duration.ofMinutes(2)).until(() -> sourcesOfScores().size() == 1000);
        assertThat(scores.scores().stream().filter(this::isMine)).hasSize(1000);
    }

    @Test
    void anotherProcessLooksWhenTheOneThatDidIsGone() {
        startScoring();
        Running first = startArrivals(SOON, 1000);
        Running second = startArrivals(SOON, 1000);
        await().atMost(Duration.ofSeconds(30)).until(() -> first.leads() != second.leads());
        Running leader = first.leads() ? first : second;
        Running other = first.leads() ? second : first;
        store.put(prefix + "/tiny/1.png", RED);
        scoreOf(prefix + "/tiny/1.png");

        leader.arrivals().close();
        store.put(prefix + "/tiny/2.png", RED);

        scoreOf(prefix + "/tiny/2.png");
        assertThat(other.leads()).isTrue();
        assertThat(scansOf(prefix + "/tiny/1.png")).isEqualTo(1);
    }

    @Test
    void aRestartEnqueuesNothingAgain() {
        startScoring();
        Running before = startArrivals(SOON, 1000);
        store.put(prefix + "/tiny/found.png", RED);
        scoreOf(prefix + "/tiny/found.png");
        before.arrivals().close();
        Running announced = startArrivals(NEVER, 1000);
        store.put(prefix + "/tiny/announced.png", RED);
        announce(prefix + "/tiny/announced.png");
        scoreOf(prefix + "/tiny/announced.png");
        announced.arrivals().close();

        startArrivals(SOON, 1000);
        store.put(prefix + "/tiny/new.png", RED);
        scoreOf(prefix + "/tiny/new.png");

        assertThat(scansOf(prefix + "/tiny/found.png")).isEqualTo(1);
        assertThat(scansOf(prefix + "/tiny/announced.png")).isEqualTo(1);
    }

    @Test
    void waitsForABrokerThatIsAwayAndLosesNothing() throws InterruptedException {
        startScoring();
        startArrivals(SOON, 1000);
        store.put(prefix + "/tiny/1.png", RED);
        scoreOf(prefix + "/tiny/1.png");
        announce(prefix + "/tiny/2.png");
        store.put(prefix + "/tiny/2.png", RED);

        cluster.restartBroker(Duration.ofSeconds(1));
        store.put(prefix + "/tiny/3.png", RED);

        scoreOf(prefix + "/tiny/2.png");
        scoreOf(prefix + "/tiny/3.png");
        for (int i = 1; i <= 3; i++) {
            assertThat(allScoresOf(prefix + "/tiny/" + i + ".png")).hasSize(1);
        }
    }

    @Test
    void anOldNotificationThatIsReadAgainEnqueuesNothingAgain() throws IOException {
        String key = prefix + "/tiny/1.png";
        startScoring();
        Running arrivals = startArrivals(NEVER, 1000);
        store.put(key, RED);
        // By then the scoring edge may have forgotten it.
        Path file = folder.resolve("store/data").resolve(BUCKET).resolve(key);
        Files.setLastModifiedTime(file, FileTime.from(Instant.now().minusSeconds(3600)));
        announce(key);
        scoreOf(key);

        announce(key);

        await().atMost(Duration.ofSeconds(60))
                .until(() -> arrivals.count("scanstream.arrivals", "via", "notification", "result", "known") == 1);
        assertThat(scansOf(key)).isEqualTo(1);
    }

    private void startScoring() {
        opened(ScoringProcess.start(cluster, folder.resolve("cache"), layout));
    }

    /** Returns when notifications are listened to and somebody has looked for objects once. */
    private Running startArrivals(Duration every, int mostWaiting) {
        MeterRegistry metrics = new SimpleMeterRegistry();
        Arrivals arrivals = new Arrivals(
                new ArrivalSettings(layout, every, 10, 500, mostWaiting),
                ScoringProcess.settings(cluster),
                () -> new Incoming(store, layout.prefixes()),
                () -> store,
                metrics,
                telemetry);
        arrivals.start();
        Running running = new Running(opened(arrivals), metrics);
        started.add(running);
        await().atMost(Duration.ofSeconds(30))
                .until(() -> arrivals.running() && started.stream().anyMatch(Running::leads));
        return running;
    }

    private void announce(String key) {
        announce(BUCKET, key);
    }

    private void announce(String bucket, String key) {
        announceAs(bucket + "/" + key, notification("ObjectCreated:Put", bucket, key));
    }

    private void announceAs(String recordKey, String value) {
        client.send(new ProducerRecord<>(Topics.SCAN_ARRIVALS, ScanClient.utf8(recordKey), ScanClient.utf8(value)));
        client.flush();
    }

    private static String notification(String event, String bucket, String key) {
        return """
                {"Records": [{"eventName": "%s", "s3": {"bucket": {"name": "%s"}, "object": {"key": "%s"}}}]}""".formatted(event, bucket, URLEncoder.encode(key, StandardCharsets.UTF_8));
    }

    private ScoreEvent scoreOf(String key) {
        return await().alias(key)
                .atMost(Duration.ofSeconds(60))
                .until(() -> allScoresOf(key).stream().findFirst(), Optional::isPresent)
                .orElseThrow();
    }

    private List<ScoreEvent> allScoresOf(String key) {
        String source = "s3://" + BUCKET + "/" + key;
        return scores.scores().stream()
                .filter(score -> source.equals(score.source()))
                .toList();
    }

    private Set<ScanId> sourcesOfScores() {
        Set<ScanId> ids = new HashSet<>();
        scores.scores().stream().filter(this::isMine).forEach(score -> ids.add(score.scanId()));
        return ids;
    }

    private boolean isMine(ScoreEvent score) {
        return score.source() != null && score.source().startsWith("s3://" + BUCKET + "/" + prefix + "/");
    }

    private boolean isMine(ConsumerRecord<byte[], byte[]> scan) {
        return header(scan, ScanHeaders.SUBJECT).startsWith("s3://" + BUCKET + "/" + prefix + "/");
    }

    /** The dead letters of this test. */
    private List<ConsumerRecord<byte[], byte[]>> deadLetters() {
        return deadLetters.poll().stream()
                .filter(letter -> text(letter.key()).contains(prefix))
                .toList();
    }

    /** How often an object was enqueued, at least once. */
    private long scansOf(String key) {
        await().until(() -> scans.poll().stream().anyMatch(scan -> isOf(scan, key)));
        return scans.poll().stream().filter(scan -> isOf(scan, key)).count();
    }

    private static boolean isOf(ConsumerRecord<byte[], byte[]> scan, String key) {
        return header(scan, ScanHeaders.SUBJECT).equals("s3://" + BUCKET + "/" + key);
    }

    private <T extends AutoCloseable> T opened(T closeable) {
        open.push(closeable);
        return closeable;
    }

    private static String header(ConsumerRecord<byte[], byte[]> record, String name) {
        return text(record.headers().lastHeader(name).value());
    }

    private static String text(byte[] utf8) {
        return new String(utf8, StandardCharsets.UTF_8);
    }
}
