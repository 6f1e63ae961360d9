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
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RecordTooLargeException;

/**
 * Writes outcomes and offsets in one transaction. The transaction opens when everything in it is known, so it is open for
 * milliseconds; a writer that lost its partitions is fenced by the group's metadata, whatever its own id.
 */
final class ScoreWriter implements AutoCloseable {
    private final Producer<byte[], byte[]> producer;
    private final boolean samePartition;
    private final ScanTraces traces;
    private boolean withoutValues;

    /** A transaction that was aborted, or whose fate is unknown: what was read is to be read again. */
    static final class NotWritten extends Exception {
        NotWritten(RuntimeException cause) {
            super(cause.getMessage(), cause);
        }
    }

    /** Connects, which waits for the broker; a new transactional id each time. */
    ScoreWriter(KafkaSettings settings, boolean samePartition, ScanTraces traces) {
        this.samePartition = samePartition;
        this.traces = traces;
        this.producer = new KafkaProducer<>(settings.transactionalProducer(
                Topics.SCORERS_GROUP + "-" + settings.instance() + "-" + UUID.randomUUID()));
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
        try {
            producer.beginTransaction();
            // What a send fails with, the commit fails with.
            for (Outcome outcome : outcomes) {
                if (outcome.event() != null) {
                    var unused = producer.send(score(outcome, outcome.event(), traced));
                }
                if (outcome.isDeadLetter() && outcome.rejection() != null) {
                    var unused =
                            producer.send(deadLetter(outcome.scan().source(), outcome.rejection(), outcome.attempts()));
                }
            }
            producer.sendOffsetsToTransaction(offsets, group);
            producer.commitTransaction();
            withoutValues = false;
            traced.committed();
        } catch (KafkaException e) {
            // A dead letter that the broker finds too large, with its new headers, is written without the scan.
            withoutValues = e instanceof RecordTooLargeException || e.getCause() instanceof RecordTooLargeException;
            traced.aborted(e);
            abort(e);
            throw new NotWritten(e);
        }
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

    private ProducerRecord<byte[], byte[]> deadLetter(
            ConsumerRecord<byte[], byte[]> source, ScanstreamException reason, int attempts) {
        return DeadLetterRecord.of(Topics.SCANS_DLQ, source, reason, attempts, withoutValues ? null : source.value());
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
