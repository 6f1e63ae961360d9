package io.scanstream.inference.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.api.OpenTelemetry;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.Topics;
import io.scanstream.contracts.scoring.ScanHeaders;
import io.scanstream.contracts.scoring.ScanId;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;

/** The committer and its writer, on a producer that keeps what is committed. */
class CommitterTest {
    private static final ScanTraces NO_TRACES = new ScanTraces(OpenTelemetry.noop(), Topics.SCANS);
    private static final ConsumerGroupMetadata GROUP = new MockConsumer<>("earliest").groupMetadata();
    private static final int LIMIT = 2_000;

    private final LimitedProducer producer = new LimitedProducer();
    private final ScoreWriter writer = new ScoreWriter(producer, true, NO_TRACES);
    private long offset;

    /** As the broker does, takes no large records; the transaction that holds one fails, and what follows with the same. */
    private static final class LimitedProducer extends MockProducer<byte[], byte[]> {
        private boolean failed;
        private int aborted;

        LimitedProducer() {
            super(true, null, new ByteArraySerializer(), new ByteArraySerializer());
        }

        @Override
        public synchronized Future<RecordMetadata> send(ProducerRecord<byte[], byte[]> record, Callback callback) {
            int size = record.value() == null ? 0 : record.value().length;
            for (var header : record.headers()) {
                size += header.value().length;
            }
            if (size <= LIMIT && !failed) {
                return super.send(record, callback);
            }
            failed = true;
            RecordTooLargeException reason = new RecordTooLargeException(size + " bytes");
            if (callback != null) {
                callback.onCompletion(null, reason);
            }
            return CompletableFuture.failedFuture(reason);
        }

        @Override
        public void commitTransaction() {
            if (failed) {
                throw new KafkaException("in an error state");
            }
            super.commitTransaction();
        }

        @Override
        public void abortTransaction() {
            failed = false;
            aborted++;
            super.abortTransaction();
        }

        List<ProducerRecord<byte[], byte[]>> deadLetters() {
            return history().stream()
                    .filter(record -> record.topic().equals(Topics.SCANS_DLQ))
                    .toList();
        }
    }

    @Test
    void anErrorOfItsThreadIsToldAndNothingMoreIsTaken() {
        InHand inHand = new InHand(8, 1 << 20, Duration.ZERO);
        try (Committer committer = new Committer(
                "commit",
                inHand,
                writer,
                () -> GROUP,
                new EdgeMetrics(new SimpleMeterRegistry(), Topics.SCANS),
                outcomes -> {
                    throw new OutOfMemoryError("pretended");
                })) {
            ScanRecord scan = scan(10, 0);
            inHand.add(scan).complete(Outcome.repeat(scan));

            await().untilAsserted(() -> assertThatThrownBy(committer::aborted).isInstanceOf(OutOfMemoryError.class));
        }
    }

    @Test
    void onlyTheDeadLetterThatIsTooLargeLosesItsValueHoweverOftenTheWindowIsWritten() throws Exception {
        List<Outcome> window = new ArrayList<>();
        window.add(rejected(scan(10, 0)));
        window.add(rejected(scan(1_900, 0)));
        window.add(rejected(scan(20, 0)));
        assertThatThrownBy(() -> write(window)).isInstanceOf(ScoreWriter.NotWritten.class);
        // Others of the window are written first, and succeed.
        write(window.subList(0, 1));
        write(window.subList(1, 3));
        write(List.of(rejected(scan(1_950, 0))));

        assertThat(producer.aborted).isEqualTo(1);
        assertThat(producer.deadLetters())
                .extracting(letter -> letter.value() == null ? -1 : letter.value().length)
                .containsExactly(10, -1, 20, -1);
    }

    @Test
    void aDeadLetterWhoseHeadersAreTooLargeLosesThemToo() throws Exception {
        ScanRecord hostile = scan(10, 1_990);
        List<Outcome> window = List.of(rejected(hostile));
        assertThatThrownBy(() -> write(window)).isInstanceOf(ScoreWriter.NotWritten.class);
        assertThatThrownBy(() -> write(window)).isInstanceOf(ScoreWriter.NotWritten.class);

        write(window);

        assertThat(producer.deadLetters()).singleElement().satisfies(letter -> {
            assertThat(new String(letter.key(), StandardCharsets.UTF_8))
                    .isEqualTo(hostile.id().toString());
            assertThat(letter.headers().lastHeader("x")).isNull();
            assertThat(letter.headers().lastHeader(ScanHeaders.ERROR_CODE)).isNotNull();
            assertThat(letter.headers().lastHeader(ScanHeaders.SOURCE_OFFSET)).isNotNull();
        });
    }

    private void write(List<Outcome> outcomes) throws ScoreWriter.NotWritten {
        Map<TopicPartition, OffsetAndMetadata> offsets =
                Map.of(outcomes.get(0).scan().partition(), new OffsetAndMetadata(offset));
        writer.write(outcomes, offsets, GROUP);
    }

    private static Outcome rejected(ScanRecord scan) {
        return Outcome.rejected(scan, new ScanstreamException(ErrorCode.NOT_AN_IMAGE, "no image".repeat(10)), 1);
    }

    private ScanRecord scan(int bytes, int headerBytes) {
        ConsumerRecord<byte[], byte[]> record = new ConsumerRecord<>(
                Topics.SCANS, 0, offset++, ScanId.next().toString().getBytes(StandardCharsets.UTF_8), new byte[bytes]);
        record.headers().add(ScanHeaders.MODEL, "tiny".getBytes(StandardCharsets.UTF_8));
        record.headers().add("x", new byte[headerBytes]);
        return ScanRecord.of(record);
    }
}
