package io.scanstream.inference.arrivals;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import io.scanstream.inference.arrivals.ArrivalMetrics.Via;
import io.scanstream.inference.kafka.KafkaSettings;
import io.scanstream.inference.kafka.SentTraces;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;

/**
 * Writes scans and dead letters. There is no transaction: what is written twice has the same id twice, and the scoring edge
 * drops the second. Used by one thread.
 */
final class Outbox implements AutoCloseable {
    private final Producer<byte[], byte[]> producer;
    private final ArrivalMetrics metrics;
    private final SentTraces traces;
    private final List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    private final List<Span> spans = new ArrayList<>();
    private int scans;

    Outbox(KafkaSettings settings, ArrivalMetrics metrics, SentTraces traces) {
        this.traces = traces;
        this.producer = new KafkaProducer<>(settings.producer());
        this.metrics = metrics;
    }

    void scan(ProducerRecord<byte[], byte[]> scan) {
        spans.add(traces.begin(scan));
        records.add(scan);
        scans++;
    }

    void deadLetter(ProducerRecord<byte[], byte[]> letter) {
        records.add(letter);
    }

    /**
     * Writes what was gathered; returns when the broker has it.
     *
     * @throws KafkaException if it may not have all of it
     */
    void write(Via via) {
        try {
            List<Future<RecordMetadata>> sent = new ArrayList<>();
            records.forEach(record -> sent.add(producer.send(record)));
            producer.flush();
            for (Future<RecordMetadata> record : sent) {
                record.get();
            }
            metrics.enqueued(via, scans);
            metrics.refused(via, records.size() - scans);
        } catch (ExecutionException e) {
            spans.forEach(span -> span.setStatus(StatusCode.ERROR, "not written: " + e.getMessage()));
            throw new KafkaException("arrivals could not be written", e.getCause());
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        } finally {
            spans.forEach(Span::end);
            spans.clear();
            records.clear();
            scans = 0;
        }
    }

    @Override
    public void close() {
        producer.close(Duration.ofSeconds(5));
    }
}
