package io.scanstream.inference.kafka;

import io.scanstream.contracts.Json;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.Topics;
import io.scanstream.contracts.scoring.ScoreEvent;
import io.scanstream.inference.deadletter.DeadLetterRecord;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/**
 * Writes outcomes and offsets in one transaction. The transaction opens when everything in it is known, so it is open for
 * milliseconds; a writer that lost its partitions is fenced by the group's metadata, whatever its own id.
 */
final class ScoreWriter implements AutoCloseable {
    private final Producer<byte[], byte[]> producer;
    private final boolean samePartition;
    private final ScanTraces traces;
    /** Dead letters of this size were found to be too large for the broker: key, value and headers, in bytes. */
    private int tooLargeBytes = Integer.MAX_VALUE;

    /** A transaction that was aborted, or whose fate is unknown: what was read is to be read again. */
    static final class NotWritten extends Exception {
        NotWritten(RuntimeException cause) {
            super(cause.getMessage(), cause);
        }
    }

    /** Connects, which waits for the broker; a new transactional id each time. */
    ScoreWriter(KafkaSettings settings, boolean samePartition, ScanTraces traces) {
        this(
                new KafkaProducer<>(settings.transactionalProducer(
                        Topics.SCORERS_GROUP + "-" + settings.instance() + "-" + UUID.randomUUID())),
                samePartition,
                traces);
    }

    /** With a transactional producer, which is this writer's from now on. */
    ScoreWriter(Producer<byte[], byte[]> producer, boolean samePartition, ScanTraces traces) {
        this.samePartition = samePartition;
        this.traces = traces;
        this.producer = producer;
        try {
            producer.initTransactions();
        } catch (KafkaException e) {
            producer.close(Duration.ZERO);
            throw e;
        }
    }

    /**
     * Writes all or nothing.
     *
     * @param offsets the next to read, by partition
     * @throws NotWritten if the transaction was aborted; this writer can go on
     * @throws KafkaException if nothing can be said of the transaction; this writer must be closed
     */
    void write(List<Outcome> outcomes, Map<TopicPartition, OffsetAndMetadata> offsets, ConsumerGroupMetadata group)
            throws NotWritten {
        ScanTraces.Transaction traced = traces.transaction();
        // The first is the one; those that are given up for its sake fail with the same afterwards.
        AtomicReference<@Nullable ProducerRecord<byte[], byte[]>> tooLarge = new AtomicReference<>();
        try {
            producer.beginTransaction();
            // What a send fails with, the commit fails with.
            for (Outcome outcome : outcomes) {
                if (outcome.event() != null) {
                    send(score(outcome, outcome.event(), traced), tooLarge);
                }
                if (outcome.isDeadLetter() && outcome.rejection() != null) {
                    send(deadLetter(outcome, outcome.rejection()), tooLarge);
                }
            }
            producer.sendOffsetsToTransaction(offsets, group);
            producer.commitTransaction();
            traced.committed();
        } catch (KafkaException e) {
            traced.aborted(e);
            abort(e);
            learnFrom(tooLarge.get());
            throw new NotWritten(e);
        }
    }

    private void send(
            ProducerRecord<byte[], byte[]> record, AtomicReference<@Nullable ProducerRecord<byte[], byte[]>> tooLarge) {
        var unused = producer.send(record, (at, failure) -> {
            if (failure instanceof RecordTooLargeException) {
                tooLarge.compareAndSet(null, record);
            }
        });
    }

    /** Dead letters as large as one that the broker did not take are written with less from now on; others are not. */
    private void learnFrom(@Nullable ProducerRecord<byte[], byte[]> tooLarge) {
        if (tooLarge != null && tooLarge.topic().equals(Topics.SCANS_DLQ)) {
            tooLargeBytes = Math.min(tooLargeBytes, sizeBytes(tooLarge));
        }
    }

    private static int sizeBytes(ProducerRecord<byte[], byte[]> record) {
        int size = length(record.key()) + length(record.value());
        for (Header header : record.headers()) {
            size += header.key().length() + length(header.value());
        }
        return size;
    }

    private static int length(byte @Nullable [] bytes) {
        return bytes == null ? 0 : bytes.length;
    }

    private void abort(KafkaException reason) {
        try {
            producer.abortTransaction();
        } catch (RuntimeException e) {
            KafkaException fatal = new KafkaException("the transaction can be neither committed nor aborted", reason);
            fatal.addSuppressed(e);
            throw fatal;
        }
    }

    private ProducerRecord<byte[], byte[]> score(Outcome outcome, ScoreEvent event, ScanTraces.Transaction traced) {
        ConsumerRecord<byte[], byte[]> source = outcome.scan().source();
        Integer partition = samePartition ? source.partition() : null;
        ProducerRecord<byte[], byte[]> score = new ProducerRecord<>(
                Topics.SCORES, partition, utf8(event.scanId().toString()), Json.bytes(event));
        Attempt.copyReplay(source.headers(), score.headers());
        traced.add(outcome, score.headers());
        return score;
    }

    /** As it came; without its value if that is too large; without the rest of it but its id if even that is. */
    private ProducerRecord<byte[], byte[]> deadLetter(Outcome outcome, ScanstreamException reason) {
        ConsumerRecord<byte[], byte[]> source = outcome.scan().source();
        ProducerRecord<byte[], byte[]> whole = deadLetter(source, reason, outcome.attempts(), source.value());
        if (sizeBytes(whole) < tooLargeBytes) {
            return whole;
        }
        ProducerRecord<byte[], byte[]> withoutValue = deadLetter(source, reason, outcome.attempts(), null);
        if (sizeBytes(withoutValue) < tooLargeBytes) {
            return withoutValue;
        }
        byte[] key =
                outcome.scan().id() == null ? null : utf8(outcome.scan().id().toString());
        return deadLetter(
                new ConsumerRecord<>(source.topic(), source.partition(), source.offset(), key, null),
                reason,
                outcome.attempts(),
                null);
    }

    private static ProducerRecord<byte[], byte[]> deadLetter(
            ConsumerRecord<byte[], byte[]> source, ScanstreamException reason, int attempts, byte @Nullable [] value) {
        return DeadLetterRecord.of(Topics.SCANS_DLQ, source, reason, attempts, value);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** Aborts what is open and disconnects. */
    @Override
    public void close() {
        producer.close(Duration.ofSeconds(5));
    }
}
