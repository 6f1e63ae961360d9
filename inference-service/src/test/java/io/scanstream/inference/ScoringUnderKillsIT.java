package io.scanstream.inference;

import static org.assertj.core.api.Assertions.assertThat;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Topics;
import io.scanstream.contracts.scoring.ScanHeaders;
import io.scanstream.contracts.scoring.ScanId;
import io.scanstream.contracts.scoring.ScoreEvent;
import io.scanstream.contracts.scoring.ScoreEvent.ScanRejected;
import io.scanstream.contracts.scoring.ScoreEvent.ScanScored;
import io.scanstream.inference.TinyModel.OnBlack;
import io.scanstream.storage.Scans;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packaged service as real processes, killed with SIGKILL while scans flow. */
@Tag("kills")
class ScoringUnderKillsIT {
    private static final int SCANS = 1000;
    private static final int REPEATS = 60;

    @TempDir
    static Path folder;

    private static Cluster cluster;

    @BeforeAll
    static void start() throws InterruptedException {
        cluster = Cluster.start(folder);
        cluster.models().publishChampion(TinyModel.aModel().write(folder.resolve("tiny")));
        cluster.models()
                .publishChampion(TinyModel.aModel()
                        .named("fragile")
                        .onBlack(OnBlack.KILLS)
                        .write(folder.resolve("fragile")));
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    @Test
    void eachScanHasExactlyOneCommittedScoreWhateverIsKilled() throws Exception {
        Set<ScanId> malformed = new HashSet<>();
        Set<ScanId> sent = new HashSet<>();
        ServiceProcess first =
                ServiceProcess.start(cluster.environment(), folder).awaitReady();
        try (ScanClient client = cluster.client();
                ScanClient.Reader scores = client.read(Topics.SCORES);
                ScanClient.Reader deadLetters = client.read(Topics.SCANS_DLQ)) {
            CompletableFuture<Void> sending = CompletableFuture.runAsync(() -> send(client, sent, malformed));

            awaitScores(scores, 100);
            first.kill();
            first = ServiceProcess.start(cluster.environment(), folder);
            awaitScores(scores, 300);
            ServiceProcess second =
                    ServiceProcess.start(cluster.environment(), folder).awaitReady();
            awaitScores(scores, 400);
            // Frozen until the group has given its partitions away; then it wakes up with a batch in hand.
            first.freeze();
            awaitScores(scores, 550);
            first.thaw();
            awaitScores(scores, 600);
            first.kill();
            first = ServiceProcess.start(cluster.environment(), folder).awaitReady();
            awaitScores(scores, 700);
            assertThat(second.stop()).as("exit code after SIGTERM").isIn(0, 143);
            awaitScores(scores, 800);
            first.kill();
            first = ServiceProcess.start(cluster.environment(), folder).awaitReady();
            sending.join();
            awaitScores(scores, SCANS);
            assertThat(first.stop()).isIn(0, 143);

            // Everything is stopped: what could have been written is.
            List<ScoreEvent> all = scores.scores();
            assertThat(all.stream().map(ScoreEvent::scanId))
                    .doesNotHaveDuplicates()
                    .containsExactlyInAnyOrderElementsOf(sent);
            Set<ScanId> rejected = all.stream()
                    .filter(ScanRejected.class::isInstance)
                    .map(ScoreEvent::scanId)
                    .collect(Collectors.toSet());
            assertThat(rejected).isEqualTo(malformed);
            List<ConsumerRecord<byte[], byte[]>> dead = deadLetters.poll();
            assertThat(dead.stream().map(record -> ScanId.of(text(record.key()))))
                    .containsExactlyInAnyOrderElementsOf(malformed);
            assertThat(dead).allSatisfy(record -> {
                assertThat(text(record.headers()
                                .lastHeader(ScanHeaders.ERROR_CODE)
                                .value()))
                        .isEqualTo(ErrorCode.NOT_AN_IMAGE.name());
                assertThat(text(record.headers().lastHeader(ScanHeaders.MODEL).value()))
                        .isEqualTo("tiny");
                assertThat(record.value()).isNotEmpty();
            });
        } finally {
            first.close();
        }
    }

    @Test
    void onlyARecordThatWasAloneInThreeDeadProcessesIsSetAside() throws Exception {
        Set<ScanId> harmless = new HashSet<>();
        int deaths = 0;
        ServiceProcess service =
                ServiceProcess.start(cluster.environment(), folder).awaitReady();
        try (ScanClient client = cluster.client();
                ScanClient.Reader scores = client.read(Topics.SCORES)) {
            for (int i = 0; i < 10; i++) {
                harmless.add(client.send("fragile", TinyModel.png(100, 50 + i, 20, 16, 16)));
            }
            ScanId killer = client.send("fragile", TinyModel.png(0, 0, 0, 16, 16));
            for (int i = 0; i < 10; i++) {
                harmless.add(client.send("fragile", TinyModel.png(100, 80 + i, 20, 16, 16)));
            }
            client.flush();

            Set<ScanId> wanted = new HashSet<>(harmless);
            wanted.add(killer);
            List<ScoreEvent> mine = List.of();
            while (mine.size() < wanted.size()) {
                if (!service.isAlive()) {
                    deaths++;
                    assertThat(deaths).isLessThan(10);
                    service = ServiceProcess.start(cluster.environment(), folder);
                }
                mine = scores.scores().stream()
                        .filter(event -> wanted.contains(event.scanId()))
                        .toList();
            }

            assertThat(service.stop()).isIn(0, 143);
            // Three times alone, and once in a batch before, unless the partition was taken one by one already.
            assertThat(deaths).isBetween(3, 4);
            assertThat(mine.stream().filter(ScanScored.class::isInstance).map(ScoreEvent::scanId))
                    .containsExactlyInAnyOrderElementsOf(harmless);
            assertThat(mine.stream().filter(ScanRejected.class::isInstance))
                    .singleElement()
                    .satisfies(event -> {
                        assertThat(event.scanId()).isEqualTo(killer);
                        assertThat(((ScanRejected) event).code()).isEqualTo(ErrorCode.POISON);
                    });
        } finally {
            service.close();
        }
    }

    /** A thousand scans in twenty seconds and more: every hundredth no image, every thirtieth behind a claim ticket. */
    private static void send(ScanClient client, Set<ScanId> sent, Set<ScanId> malformed) {
        Random random = new Random(7);
        Scans claimed = new Scans(cluster.models().store());
        List<Runnable> again = new ArrayList<>();
        for (int i = 0; i < SCANS; i++) {
            ScanId id = ScanId.next();
            byte[] bytes = TinyModel.png(random.nextInt(256), random.nextInt(256), random.nextInt(256), 40, 30);
            if (i % 100 == 50) {
                bytes = Arrays.copyOf(bytes, 20);
                malformed.add(id);
            }
            var record =
                    i % 30 == 0 ? client.claimed(id, "tiny", claimed.put(id, bytes)) : client.scan(id, "tiny", bytes);
            sent.add(id);
            client.send(record);
            if (again.size() < REPEATS && i % 10 == 0) {
                again.add(() -> client.send(record));
            }
            if (i % 50 == 49) {
                // Repeats of scans that were scored long ago, and of some that are in hand.
                again.forEach(Runnable::run);
                again.clear();
            }
            sleep(20);
        }
        client.flush();
    }

    private static void awaitScores(ScanClient.Reader scores, int count) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(90))
                .pollInterval(Duration.ofMillis(20))
                .until(() -> scores.poll().size() >= count);
    }

    private static void sleep(long ms) {
        try {
            Thread.sleep(ms);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String text(byte[] utf8) {
        return new String(utf8, StandardCharsets.UTF_8);
    }
}
