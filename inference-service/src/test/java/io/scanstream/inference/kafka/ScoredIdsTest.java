package io.scanstream.inference.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.scanstream.contracts.Topics;
import io.scanstream.contracts.scoring.ScanId;
import io.scanstream.local.broker.EmbeddedBroker;
import io.scanstream.local.broker.TopicSetup;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On a real broker, of which every poll gets a few records only. */
class ScoredIdsTest {
    private static final int SCORES = 50;
    private static final int IN_A_POLL = 7;
    private static final Duration NO_TIME = Duration.ZERO;

    @TempDir
    static Path folder;

    private static EmbeddedBroker broker;

    @BeforeAll
    static void start() throws InterruptedException {
        broker = EmbeddedBroker.start(folder);
        TopicSetup.create(broker.bootstrapServers());
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    @Test
    void whatWasReadIsKeptUntilAllIsReadHoweverLittleTimeThereIs() {
        List<ScanId> written = new ArrayList<>();
        try (Producer<byte[], byte[]> producer = producer(Map.of())) {
            for (int i = 0; i < SCORES; i++) {
                written.add(ScanId.next());
                write(producer, 0, written.get(i));
            }
        }

        try (Admin admin = Admin.create(settings().client());
                ScoredIds scored = new ScoredIds(settings(), admin)) {
            ScoredIds.Reading reading = scored.begin(0, true);
            ScoredIds.Reading other = scored.begin(1, true);
            assertThat(reading.progress()).isEqualTo("0 of 50 ids read");
            assertThat(reading.readOn(NO_TIME)).isFalse();
            // Another one in between takes the consumer elsewhere.
            assertThat(other.readOn(NO_TIME)).isTrue();
            await().until(() -> reading.readOn(NO_TIME));

            assertThat(reading.progress()).isEqualTo("50 of 50 ids read");
            assertThat(reading.ids().size()).isEqualTo(SCORES);
            assertThat(written).allMatch(reading.ids()::contains);
        }
    }

    @Test
    void saysWhenItWaitsForATransactionThatIsOpen() {
        try (Producer<byte[], byte[]> committed = producer(Map.of());
                Producer<byte[], byte[]> open = producer(Map.of("transactional.id", "open"))) {
            ScanId first = ScanId.next();
            write(committed, 2, first);
            committed.flush();
            open.initTransactions();
            open.beginTransaction();
            write(open, 2, ScanId.next());
            open.flush();

            try (Admin admin = Admin.create(settings().client());
                    ScoredIds scored = new ScoredIds(settings(), admin)) {
                ScoredIds.Reading reading = scored.begin(2, true);
                await().until(() -> !reading.readOn(NO_TIME) && reading.waitsForTransactions());
                assertThat(reading.progress()).isEqualTo("1 of 2 ids read");

                open.abortTransaction();

                await().until(() -> reading.readOn(NO_TIME));
                assertThat(reading.waitsForTransactions()).isFalse();
                assertThat(reading.ids().size()).isEqualTo(1);
                assertThat(reading.ids().contains(first)).isTrue();
            }
        }
    }

    private static void write(Producer<byte[], byte[]> producer, int partition, ScanId id) {
        byte[] key = id.toString().getBytes(StandardCharsets.UTF_8);
        var unused = producer.send(new ProducerRecord<>(Topics.SCORES, partition, key, new byte[0]));
    }

    private static Producer<byte[], byte[]> producer(Map<String, Object> more) {
        Map<String, Object> settings = new HashMap<>(more);
        settings.put("bootstrap.servers", broker.bootstrapServers());
        settings.put("key.serializer", ByteArraySerializer.class);
        settings.put("value.serializer", ByteArraySerializer.class);
        return new KafkaProducer<>(settings);
    }

    private static KafkaSettings settings() {
        return new KafkaSettings(
                Map.of("bootstrap.servers", broker.bootstrapServers(), "max.poll.records", IN_A_POLL),
                "test",
                64,
                1 << 20,
                Duration.ZERO,
                Duration.ofSeconds(10),
                Duration.ofSeconds(10),
                1000);
    }
}
