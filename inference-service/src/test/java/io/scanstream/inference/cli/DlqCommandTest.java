package io.scanstream.inference.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.ScanstreamException;
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
import io.scanstream.inference.arrivals.IncomingLayout;
import io.scanstream.inference.deadletter.Choice;
import io.scanstream.inference.deadletter.DeadLetter;
import io.scanstream.inference.deadletter.Replay;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command on a real broker, with the scoring edge beside it. Each test asks for a model of its own. */
class DlqCommandTest {
    private static final byte[] RED = TinyModel.png(200, 20, 30, 24, 24);

    @TempDir
    static Path folder;

    private static Cluster cluster;
    private static ScoringProcess scoring;

    private ScanClient client;
    private ScanClient.Reader scores;
    private String err = "";
    private int exit;

    @BeforeAll
    static void start() throws InterruptedException {
        cluster = Cluster.start(folder);
        startScoring();
    }

    @AfterAll
    static void stop() {
        scoring.close();
        cluster.close();
    }

    @BeforeEach
    void connect() {
        client = cluster.client();
        scores = client.read(Topics.SCORES);
    }

    @AfterEach
    void close() {
        scores.close();
        client.close();
    }

    @Test
    void listsWhatWasSetAsideAndWhy() {
        ScanId broken = client.send("listed", RED);
        ScanId urgent = ScanId.next();
        try (ScanClient other = client.on(Topics.SCANS_URGENT)) {
            ProducerRecord<byte[], byte[]> scan = other.scan(urgent, "listed", RED);
            scan.headers().add(ScanHeaders.SUBJECT, ScanClient.utf8("s3://b/ü 1.png"));
            other.send(scan);
            other.flush();
        }
        ScanId invalid = client.send("No Name", RED);
        answersTo(broken, 1);
        answersTo(urgent, 1);
        answersTo(invalid, 1);

        List<JsonNode> lines = run("list", "--model", "listed");

        assertThat(exit).isZero();
        assertThat(lines).hasSize(2);
        JsonNode first = lines.stream()
                .filter(line -> line.path("scanId").asText().equals(broken.toString()))
                .findFirst()
                .orElseThrow();
        assertThat(first.path("topic").asText()).isEqualTo(Topics.SCANS_DLQ);
        assertThat(first.path("partition").asInt()).isZero();
        assertThat(first.path("key").asText()).isEqualTo(broken.toString());
        assertThat(first.path("model").asText()).isEqualTo("listed");
        assertThat(first.path("code").asText()).isEqualTo("UNKNOWN_MODEL");
        assertThat(first.path("reason").asText()).contains("listed");
        assertThat(first.path("attempts").asInt()).isEqualTo(1);
        assertThat(first.path("sizeBytes").asInt()).isEqualTo(RED.length);
        assertThat(first.path("sourceTopic").asText()).isEqualTo(Topics.SCANS);
        assertThat(first.path("replayed").asBoolean()).isFalse();
        assertThat(Instant.parse(first.path("time").asText()))
                .isBefore(Instant.now().plusSeconds(60));
        JsonNode second = lines.get(1 - lines.indexOf(first));
        assertThat(second.path("sourceTopic").asText()).isEqualTo(Topics.SCANS_URGENT);
        assertThat(second.path("source").asText()).isEqualTo("s3://b/ü 1.png");
        assertThat(run("list", "--code", "INVALID_REQUEST"))
                .extracting(line -> line.path("scanId").asText())
                .contains(invalid.toString())
                .doesNotContain(broken.toString(), urgent.toString());
        String offset = lines.get(0).path("offset").asText();
        assertThat(run("list", "--model", "listed", "--from", offset, "--to", offset))
                .containsExactly(lines.get(0));
        // The times are of the transactions in which they were set aside.
        JsonNode oldest = Collections.min(
                lines,
                Comparator.<JsonNode, String>comparing(line -> line.path("time").asText())
                        .thenComparing(line -> line.path("offset").asLong()));
        assertThat(run("list", "--model", "listed", "--limit", "1")).containsExactly(oldest);
        assertThat(run("list", "--scan", urgent.toString())).containsExactly(second);
        String time = first.path("time").asText();
        assertThat(run("list", "--scan", broken.toString(), "--since", time)).containsExactly(first);
        assertThat(run("list", "--scan", broken.toString(), "--until", time)).isEmpty();
        run("list", "--since", "yesterday");
        assertThat(exit).isEqualTo(2);
        assertThat(err).contains("--since");
    }

    @Test
    void whatIsReplayedAfterTheModelIsThereIsScoredOnce() throws InterruptedException {
        ScanId id = ScanId.next();
        ProducerRecord<byte[], byte[]> scan = client.scan(id, "late", RED);
        scan.headers()
                .add(
                        ScanHeaders.DEADLINE,
                        ScanClient.utf8(Instant.now().plusSeconds(20).toString()));
        client.send(scan);
        assertThat(answersTo(id, 1)).singleElement().isInstanceOf(ScanRejected.class);
        publish("late");
        assertThat(run("replay", "--model", "late", "--dry-run")).hasSize(1);
        assertThat(run("list", "--model", "late")).singleElement().satisfies(letter -> assertThat(
                        letter.path("replayed").asBoolean())
                .isFalse());

        List<JsonNode> replayed = run("replay", "--model", "late");

        assertThat(exit).as(err).isZero();
        assertThat(replayed).singleElement().satisfies(line -> {
            assertThat(line.path("scanId").asText()).isEqualTo(id.toString());
            assertThat(line.path("to").asText()).isEqualTo(Topics.SCANS);
        });
        assertThat(answersTo(id, 2).get(1)).isInstanceOf(ScanScored.class);
        assertThat(run("replay", "--model", "late")).isEmpty();
        assertThat(err).contains("replayed 0, refused 0");
        assertThat(run("list", "--model", "late")).singleElement().satisfies(letter -> assertThat(
                        letter.path("replayed").asBoolean())
                .isTrue());

        ConsumerRecord<byte[], byte[]> sent = replayedRecordOf(id);
        assertThat(sent.headers())
                .extracting(Header::key)
                .contains(ScanHeaders.MODEL, ScanHeaders.ATTEMPTS, ScanHeaders.REPLAY)
                .doesNotContain(ScanHeaders.ERROR_CODE, ScanHeaders.ERROR_REASON, ScanHeaders.SOURCE_TOPIC)
                .doesNotContain(ScanHeaders.DEADLINE);
        // A second copy of the replay, and one for an edge that knows of the first only from the scores.
        client.send(copy(sent));
        client.flush();
        scoring.close();
        startScoring();
        client.send(copy(sent));
        ScanId follower = ScanId.next();
        ProducerRecord<byte[], byte[]> behind = client.scan(follower, "late", RED);
        client.send(
                new ProducerRecord<>(Topics.SCANS, sent.partition(), behind.key(), behind.value(), behind.headers()));
        client.flush();
        answersTo(follower, 1);
        assertThat(answersTo(id, 2)).hasSize(2);
    }

    @Test
    void aReplayThatFailsAgainIsADeadLetterAgainWithItsAttemptsCountedOn() {
        ScanId id = client.send("never", RED);
        answersTo(id, 1);
        for (int attempts = 1; attempts <= 3; attempts++) {
            assertThat(openLetters("never"))
                    .singleElement()
                    .extracting(line -> line.path("attempts").asInt())
                    .isEqualTo(attempts);
            assertThat(run("replay", "--model", "never")).as(err).hasSize(1);
            assertThat(answersTo(id, attempts + 1)).hasOnlyElementsOfType(ScanRejected.class);
        }
    }

    @Test
    void refusesWhatDoesNotSayWhereItCameFromUnlessATopicIsNamed() {
        ScanId unsaid = ScanId.next();
        deadLetter(unsaid, "unsaid", RED, null);
        deadLetter(ScanId.next(), "unsaid", RED, Topics.SCORES);
        deadLetter(ScanId.next(), "unsaid", null, Topics.SCANS);

        assertThat(run("replay", "--model", "unsaid")).isEmpty();

        assertThat(exit).isEqualTo(1);
        assertThat(err)
                .contains("--to-topic")
                .contains("came from scores")
                .contains("without its value")
                .contains("replayed 0, refused 3");
        publish("unsaid");
        assertThat(run("replay", "--model", "unsaid", "--limit", "1", "--to-topic", Topics.SCANS))
                .hasSize(1);
        assertThat(exit).isZero();
        assertThat(answersTo(unsaid, 1)).singleElement().isInstanceOf(ScanScored.class);
    }

    @Test
    void replaysEachOnceAlthoughItWasInterrupted() {
        List<String> jobs = new ArrayList<>();
        for (int i = 0; i < 250; i++) {
            jobs.add("job-" + i);
            ProducerRecord<byte[], byte[]> letter = new ProducerRecord<>(
                    Topics.TRAINING_REQUESTS_DLQ, ScanClient.utf8(jobs.get(i)), ScanClient.utf8("request " + i));
            letter.headers().add(ScanHeaders.SOURCE_TOPIC, ScanClient.utf8(Topics.TRAINING_REQUESTS));
            letter.headers().add(ScanHeaders.ERROR_CODE, ScanClient.utf8("UNKNOWN_JOB"));
            client.send(letter);
        }
        client.flush();
        Map<String, Object> kafka = Map.of("bootstrap.servers", cluster.bootstrapServers());
        try (Replay interrupted = new Replay(kafka, Topics.TRAINING_REQUESTS_DLQ, null)) {
            assertThatThrownBy(() -> interrupted.run(Choice.ALL, new Interrupting(130)))
                    .hasMessage("interrupted");
        }
        leaveATransactionOpen(Topics.TRAINING_REQUESTS_DLQ, Topics.TRAINING_REQUESTS);
        try (Replay overtaken = new Replay(kafka, Topics.TRAINING_REQUESTS_DLQ, null)) {
            new Replay(kafka, Topics.TRAINING_REQUESTS_DLQ, null).close();
            assertThatThrownBy(() -> overtaken.run(Choice.ALL, new Interrupting(1000)))
                    .isInstanceOfSatisfying(
                            ScanstreamException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CONFLICT));
        }

        List<JsonNode> rest = run("replay", "--topic", Topics.TRAINING_REQUESTS_DLQ);

        assertThat(exit).as(err).isZero();
        assertThat(rest).hasSizeBetween(1, 249);
        try (ScanClient.Reader requests = client.read(Topics.TRAINING_REQUESTS)) {
            await().atMost(Duration.ofSeconds(30)).until(() -> requests.poll().size() >= jobs.size());
            assertThat(requests.poll())
                    .extracting(request -> text(request.key()))
                    .containsExactlyInAnyOrderElementsOf(jobs);
        }
        assertThat(run("replay", "--topic", Topics.TRAINING_REQUESTS_DLQ)).isEmpty();
        assertThat(run("list", "--topic", Topics.TRAINING_REQUESTS_DLQ)).hasSize(250);
    }

    @Test
    void findsTheBrokerOfThePlatformThatRuns() throws IOException {
        Path home = folder.resolve("home");
        Files.createDirectories(home.resolve("run"));

        assertThat(run(Map.of(), "list", "--home", home.toString())).isEmpty();
        assertThat(exit).isEqualTo(2);
        assertThat(err).contains("KAFKA_BOOTSTRAP_SERVERS").contains("broker.address");

        Files.writeString(home.resolve("run/broker.address"), cluster.bootstrapServers());
        run(Map.of(), "list", "--home", home.toString());
        assertThat(exit).as(err).isZero();
        run(Map.of("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1"), "list", "--bootstrap", cluster.bootstrapServers());
        assertThat(exit).as(err).isZero();
    }

    @Test
    void saysWhatIsWrongWithACall() {
        run();
        assertThat(exit).isEqualTo(2);
        assertThat(err).contains("list or replay");
        run("list", "--topic", "no.such.topic");
        assertThat(exit).isEqualTo(1);
        assertThat(err).contains("no.such.topic");
        run("list", "--from", "x");
        assertThat(exit).isEqualTo(2);
    }

    /** A process that dies when it has been told of so many. */
    private static final class Interrupting implements Replay.Listener {
        private int left;

        private Interrupting(int left) {
            this.left = left;
        }

        @Override
        public void replayed(Replay.Sent sent) {
            if (left-- == 0) {
                throw new IllegalStateException("interrupted");
            }
        }

        @Override
        public void refused(DeadLetter letter, String reason) {
            throw new AssertionError(reason);
        }
    }

    /** As a replay that was killed between its sends and its commit. */
    private static void leaveATransactionOpen(String topic, String to) {
        Producer<byte[], byte[]> killed = new KafkaProducer<>(Map.of(
                "bootstrap.servers",
                cluster.bootstrapServers(),
                "key.serializer",
                ByteArraySerializer.class,
                "value.serializer",
                ByteArraySerializer.class,
                "transactional.id",
                "dlq-replay-" + topic));
        killed.initTransactions();
        killed.beginTransaction();
        var unused = killed.send(new ProducerRecord<>(to, ScanClient.utf8("job-249"), ScanClient.utf8("request 249")));
        killed.flush();
        // Its threads end with the test; a close would abort the transaction.
    }

    private static void startScoring() {
        scoring = ScoringProcess.start(cluster, folder.resolve("cache"), new IncomingLayout("incoming"));
    }

    private static void publish(String model) {
        cluster.models().publishChampion(TinyModel.aModel().named(model).write(folder.resolve(model)));
    }

    private void deadLetter(ScanId id, String model, byte @Nullable [] value, @Nullable String sourceTopic) {
        ProducerRecord<byte[], byte[]> scan = client.scan(id, model, RED);
        scan.headers().add(ScanHeaders.ERROR_CODE, ScanClient.utf8("UNKNOWN_MODEL"));
        scan.headers().add(ScanHeaders.ATTEMPTS, ScanClient.utf8("1"));
        if (sourceTopic != null) {
            scan.headers().add(ScanHeaders.SOURCE_TOPIC, ScanClient.utf8(sourceTopic));
        }
        client.send(new ProducerRecord<>(Topics.SCANS_DLQ, null, scan.key(), value, scan.headers()));
        client.flush();
    }

    private ConsumerRecord<byte[], byte[]> replayedRecordOf(ScanId id) {
        try (ScanClient.Reader scans = client.read(Topics.SCANS)) {
            await().until(() -> scans.poll().stream().anyMatch(scan -> isReplayOf(scan, id)));
            return scans.poll().stream()
                    .filter(scan -> isReplayOf(scan, id))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private static boolean isReplayOf(ConsumerRecord<byte[], byte[]> scan, ScanId id) {
        return text(scan.key()).equals(id.toString()) && scan.headers().lastHeader(ScanHeaders.REPLAY) != null;
    }

    private static ProducerRecord<byte[], byte[]> copy(ConsumerRecord<byte[], byte[]> record) {
        return new ProducerRecord<>(record.topic(), record.partition(), record.key(), record.value(), record.headers());
    }

    private List<JsonNode> openLetters(String model) {
        return run("list", "--model", model).stream()
                .filter(line -> !line.path("replayed").asBoolean())
                .toList();
    }

    /** All answers to a scan, once there are so many. */
    private List<ScoreEvent> answersTo(ScanId id, int number) {
        client.flush();
        await().atMost(Duration.ofSeconds(60)).until(() -> answersTo(id).count() >= number);
        return answersTo(id).toList();
    }

    private Stream<ScoreEvent> answersTo(ScanId id) {
        return scores.scores().stream().filter(score -> score.scanId().equals(id));
    }

    private List<JsonNode> run(String... args) {
        return run(Map.of("KAFKA_BOOTSTRAP_SERVERS", cluster.bootstrapServers()), args);
    }

    private List<JsonNode> run(Map<String, String> environment, String... args) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream errors = new ByteArrayOutputStream();
        exit = DlqCommand.run(
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(errors, true, StandardCharsets.UTF_8),
                environment,
                args);
        err = errors.toString(StandardCharsets.UTF_8);
        return out.toString(StandardCharsets.UTF_8)
                .lines()
                .map(line -> Json.read(line.getBytes(StandardCharsets.UTF_8), JsonNode.class))
                .toList();
    }

    private static String text(byte[] utf8) {
        return new String(utf8, StandardCharsets.UTF_8);
    }
}
