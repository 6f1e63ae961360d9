package io.scanstream.inference.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.api.OpenTelemetry;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.Topics;
import io.scanstream.contracts.model.ModelEvent;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.contracts.model.TrafficState;
import io.scanstream.contracts.model.TrafficState.Arm;
import io.scanstream.contracts.model.Withdrawal;
import io.scanstream.contracts.scoring.ScanHeaders;
import io.scanstream.contracts.scoring.ScanId;
import io.scanstream.contracts.scoring.ScoreEvent;
import io.scanstream.contracts.scoring.ScoreEvent.ScanScored;
import io.scanstream.imaging.DecodeLimits;
import io.scanstream.imaging.ImageDecoder;
import io.scanstream.inference.Cluster;
import io.scanstream.inference.ScanClient;
import io.scanstream.inference.TinyModel;
import io.scanstream.inference.model.ModelLoader;
import io.scanstream.inference.model.OnnxRuntime;
import io.scanstream.inference.model.OnnxSettings;
import io.scanstream.inference.model.OnnxSettings.Device;
import io.scanstream.inference.model.PublishedModels;
import io.scanstream.inference.model.ServingSet;
import io.scanstream.inference.scoring.Scorer;
import io.scanstream.inference.scoring.ScorerSettings;
import io.scanstream.storage.Notices;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Scans that are split and shadowed, through a real broker and a real store. */
class TrafficEdgeTest {
    private static final String CHAMPION = "20260101-000000-00000001";
    private static final String CHALLENGER = "20260102-000000-00000002";
    private static final String CANDIDATE = "20260103-000000-00000003";
    private static final List<Arm> HALVES = List.of(new Arm("champion", 0.5), new Arm("challenger", 0.5));
    private static final Map<String, String> VERSIONS = Map.of("champion", CHAMPION, "challenger", CHALLENGER);
    /** Benign; cancer for the candidate. */
    private static final byte[] RED = TinyModel.png(200, 150, 30, 24, 24);

    @TempDir
    Path folder;

    private final MeterRegistry metrics = new SimpleMeterRegistry();
    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private Cluster cluster;
    private ScanClient client;
    private ScanClient.Reader scores;
    private ScanClient.Reader shadows;

    @BeforeEach
    void start() throws InterruptedException {
        cluster = Cluster.start(folder);
        open.push(cluster);
        publish("champion", CHAMPION, TinyModel.aModel());
        publish("challenger", CHALLENGER, TinyModel.aModel());
        publish("candidate", CANDIDATE, TinyModel.aModel().withThreshold(0.01));
        client = cluster.client();
        open.push(client);
        scores = client.read(Topics.SCORES);
        open.push(scores);
        shadows = client.read(Topics.SCORES_SHADOW);
        open.push(shadows);
    }

    @AfterEach
    void close() throws Exception {
        while (!open.isEmpty()) {
            open.pop().close();
        }
    }

    @Test
    void splitsScansAmongItsArmsAndHasThemShadowed() {
        cluster.models().split("tiny", HALVES, List.of("candidate"));
        startEdge();
        List<ScanId> sent = send(40);
        ScanId named = sendTo("champion");
        ScanId byVersion = ScanId.next();
        ProducerRecord<byte[], byte[]> scan = client.scan(byVersion, "tiny", RED);
        scan.headers().add(ScanHeaders.MODEL_VERSION, ScanClient.utf8(CHALLENGER));
        client.send(scan);

        Map<ScanId, ScanScored> answers = answers(42);

        TrafficState split = new TrafficState(HALVES, List.of(), "", "", Instant.EPOCH);
        for (ScanId id : sent) {
            String arm = split.armOf("tiny", id).orElseThrow();
            assertThat(answers.get(id).arm()).isEqualTo(arm);
            assertThat(answers.get(id).version()).isEqualTo(VERSIONS.get(arm));
            assertThat(answers.get(id).decision()).isEqualTo("benign");
        }
        // What a scan names itself always wins, and is no part of the split.
        assertThat(answers.get(named).arm()).isNull();
        assertThat(answers.get(named).version()).isEqualTo(CHAMPION);
        assertThat(answers.get(byVersion).arm()).isNull();
        assertThat(answers.get(byVersion).version()).isEqualTo(CHALLENGER);
        await().untilAsserted(() -> assertThat(byId(shadows)).containsOnlyKeys(answers.keySet()));
        assertThat(byId(shadows).values()).allSatisfy(shadow -> {
            assertThat(shadow.arm()).isEqualTo("candidate");
            assertThat(shadow.version()).isEqualTo(CANDIDATE);
            assertThat(shadow.decision()).isEqualTo("cancer");
        });
        assertThat(metrics.get("scanstream.shadow.scored").tag("agrees", "false").counters().stream()
                        .mapToDouble(counter -> counter.count())
                        .sum())
                .isEqualTo(42);
        // A committed score can be read a moment before it is counted.
        await().until(() -> metrics.get("scanstream.arms.scored").counters().stream()
                        .mapToDouble(counter -> counter.count())
                        .sum()
                == 40);
    }

    @Test
    void followsAnEventWithoutWaitingForTheNextListing() {
        startEdge();
        ScanId before = send(1).get(0);
        assertThat(answers(1).get(before).arm()).isNull();

        cluster.models().split("tiny", List.of(new Arm("challenger", 1)), List.of());
        client.send(new ProducerRecord<>(
                Topics.MODEL_EVENTS,
                ScanClient.utf8("tiny"),
                Json.bytes(new ModelEvent.TrafficChanged("tiny", Instant.now()))));

        await().untilAsserted(() -> {
            ScanId id = send(1).get(0);
            client.flush();
            await().until(() -> byId(scores).containsKey(id));
            assertThat(byId(scores).get(id).version()).isEqualTo(CHALLENGER);
        });
    }

    /** By events alone: the store is listed once an hour here. */
    @Test
    void followsPromotionsAndWithdrawalsAndLosesNoScan() {
        startEdge();
        List<ScanId> sent = new ArrayList<>(send(20));

        cluster.models().promote("tiny", "champion", CHALLENGER);
        tell(new ModelEvent.ModelPromoted(new ModelVersion("tiny", CHALLENGER), "champion", Instant.now()));
        sendUntilAnsweredBy(CHALLENGER, sent);

        // As when a gateway dies before it has moved the alias.
        new Notices(cluster.models().store())
                .withdraw(new ModelVersion("tiny", CHALLENGER), new Withdrawal("ada", "wrong labels", Instant.now()));
        tell(new ModelEvent.ModelWithdrawn(new ModelVersion("tiny", CHALLENGER), "wrong labels", Instant.now()));
        sendUntilAnsweredBy(CHAMPION, sent);

        // A second answer, or a rejection, would be told by the helper.
        Map<ScanId, ScanScored> answers = answers(sent.size());
        assertThat(answers).containsOnlyKeys(sent);
        assertThat(answers.values())
                .extracting(ScanScored::version)
                .containsOnly(CHAMPION, CHALLENGER)
                .contains(CHALLENGER);
    }

    private void tell(ModelEvent event) {
        client.send(new ProducerRecord<>(Topics.MODEL_EVENTS, ScanClient.utf8(event.key()), Json.bytes(event)));
        client.flush();
    }

    private void sendUntilAnsweredBy(String version, List<ScanId> sent) {
        await().until(() -> {
            ScanId id = send(1).get(0);
            sent.add(id);
            client.flush();
            await().until(() -> byId(scores).containsKey(id));
            return byId(scores).get(id).version().equals(version);
        });
    }

    @Test
    void aHeaderThatARuleNamesChoosesTheArmBeforeTheSplit() {
        cluster.models().rule("tiny", "x-scanstream-ward", "3", "challenger");
        startEdge();
        ScanId ruled = sendWith("x-scanstream-ward", "3");
        ScanId other = sendWith("x-scanstream-ward", "4");
        ScanId none = client.send("tiny", RED);

        Map<ScanId, ScanScored> answers = answers(3);

        assertThat(answers.get(ruled).arm()).isEqualTo("challenger");
        assertThat(answers.get(ruled).version()).isEqualTo(CHALLENGER);
        assertThat(answers.get(other).arm()).isNull();
        assertThat(answers.get(other).version()).isEqualTo(CHAMPION);
        assertThat(answers.get(none).version()).isEqualTo(CHAMPION);
    }

    @Test
    void theChampionAnswersForAnArmThatCannot() {
        publish("broken", "20260104-000000-00000004", TinyModel.aModel().withGoldensOffBy(1));
        cluster.models().split("tiny", List.of(new Arm("broken", 0.5), new Arm("nobody", 0.5)), List.of());
        startEdge();

        send(10);

        assertThat(answers(10).values()).allSatisfy(answer -> {
            assertThat(answer.version()).isEqualTo(CHAMPION);
            assertThat(answer.arm()).isNull();
        });
    }

    private void publish(String alias, String version, TinyModel model) {
        cluster.models().publish(model.version(version).write(folder.resolve(version)));
        cluster.models().promote("tiny", alias, version);
    }

    private void startEdge() {
        ImageDecoder decoder = new ImageDecoder(DecodeLimits.defaults());
        ModelLoader loader = new ModelLoader(new OnnxRuntime(OnnxSettings.defaults(Device.CPU)), decoder);
        ServingSet serving = new ServingSet(
                new PublishedModels(cluster.models()::store, loader, folder.resolve("cache")),
                2,
                Duration.ofHours(1),
                (version, reason) -> {});
        open.push(serving);
        Scorer scorer = new Scorer(ScorerSettings.defaults(), decoder, metrics);
        open.push(scorer);
        Scorer shadowScorer = new Scorer(ScorerSettings.defaults(), decoder, new SimpleMeterRegistry());
        open.push(shadowScorer);
        ClaimedScans claimed = ClaimedScans.inStore(cluster.models()::store, 100_000);
        RecordScoring records = new RecordScoring(serving, scorer, claimed, 1 << 20, metrics);
        open.push(records);
        KafkaSettings settings = new KafkaSettings(
                Map.of("bootstrap.servers", cluster.bootstrapServers()),
                "test-" + UUID.randomUUID(),
                64,
                1 << 20,
                Duration.ofMillis(100),
                Duration.ofSeconds(10),
                Duration.ofSeconds(10),
                1000);
        ModelEvents events = new ModelEvents(settings, serving::nudge);
        open.push(events);
        ShadowScoring shadowing = ShadowScoring.toKafka(
                serving, shadowScorer, claimed, new ShadowSettings(100, 1 << 20), settings, metrics);
        open.push(shadowing);
        ScanEdge edge =
                new ScanEdge(settings, records, cluster.models()::store, shadowing, metrics, OpenTelemetry.noop());
        open.push(edge);
        serving.start();
        events.start();
        // A shadow that is not loaded yet would drop what is answered.
        await().until(serving::ready);
        edge.start();
    }

    private List<ScanId> send(int scans) {
        List<ScanId> sent = new ArrayList<>();
        for (int i = 0; i < scans; i++) {
            sent.add(client.send("tiny", RED));
        }
        return sent;
    }

    private ScanId sendTo(String alias) {
        return sendWith(ScanHeaders.MODEL_ALIAS, alias);
    }

    private ScanId sendWith(String header, String value) {
        ScanId id = ScanId.next();
        ProducerRecord<byte[], byte[]> scan = client.scan(id, "tiny", RED);
        scan.headers().add(header, ScanClient.utf8(value));
        client.send(scan);
        return id;
    }

    private Map<ScanId, ScanScored> answers(int count) {
        client.flush();
        await().atMost(Duration.ofSeconds(60)).until(() -> byId(scores).size() == count);
        return byId(scores);
    }

    /** Each scan has one: a second would be told here. */
    private static Map<ScanId, ScanScored> byId(ScanClient.Reader reader) {
        return reader.scores().stream()
                .map(ScanScored.class::cast)
                .collect(Collectors.toMap(ScoreEvent::scanId, score -> score));
    }
}
