package io.scanstream.inference.arrivals;

import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.Topics;
import io.scanstream.contracts.scoring.ScanId;
import io.scanstream.inference.arrivals.ArrivalMetrics.Via;
import io.scanstream.inference.arrivals.ArrivedScans.Arrived;
import io.scanstream.inference.arrivals.IncomingLayout.Place;
import io.scanstream.inference.deadletter.DeadLetterRecord;
import io.scanstream.inference.kafka.Backoff;
import io.scanstream.inference.kafka.KafkaSettings;
import io.scanstream.inference.kafka.SentTraces;
import io.scanstream.storage.ArrivalMarks;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes notifications from {@code scan.arrivals}: scans and dead letters are written, then the offsets are committed, then
 * the marks kept. Whatever ends in between is done again, with the same ids. Between two polls the reconciler has its turn.
 */
final class ArrivalsLoop implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(ArrivalsLoop.class);
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration CLOSE = Duration.ofSeconds(5);
    private static final Duration METADATA = Duration.ofSeconds(5);
    private static final TopicPartition LEADERS = new TopicPartition(Topics.SCAN_ARRIVALS, 0);

    private final KafkaSettings kafka;
    private final ArrivedScans scans;
    private final Function<Place, ArrivalMarks> marks;
    private final Reconciler reconciler;
    private final ArrivalMetrics metrics;
    private final SentTraces traces;
    private final Map<Place, Enqueued> enqueued = new HashMap<>();
    private final CountDownLatch stopped = new CountDownLatch(1);
    private volatile boolean running;

    /** What a notification came to. */
    private record Read(
            ConsumerRecord<byte[], byte[]> source,
            List<Arrived> arrived,
            @Nullable ScanstreamException mistake) {}

    ArrivalsLoop(
            KafkaSettings kafka,
            ArrivedScans scans,
            Function<Place, ArrivalMarks> marks,
            Reconciler reconciler,
            ArrivalMetrics metrics,
            SentTraces traces) {
        this.traces = traces;
        this.kafka = kafka;
        this.scans = scans;
        this.marks = marks;
        this.reconciler = reconciler;
        this.metrics = metrics;
    }

    /** Whether the consumer is in its group, or on its way into it. */
    boolean running() {
        return running;
    }

    void stop() {
        stopped.countDown();
    }

    @Override
    public void run() {
        Backoff backoff = new Backoff();
        try {
            while (!isStopping()) {
                runOnce(backoff);
            }
        } catch (InterruptException e) {
            LOG.warn("Arrivals were interrupted.");
        } finally {
            running = false;
            metrics.leading(false);
        }
    }

    private void runOnce(Backoff backoff) {
        Map<String, Object> member = kafka.member(Topics.ARRIVALS_GROUP);
        try {
            connectAndRead(member, backoff);
        } catch (InterruptException e) {
            throw e;
        } catch (KafkaException | ScanstreamException e) {
            if (e instanceof UnsupportedVersionException && kafka.fallsBack(member)) {
                return;
            }
            LOG.warn("Arrivals stand still, Kafka at {}: {}", kafka.bootstrapServers(), e.getMessage());
            standStill(backoff);
        } catch (RuntimeException | Error e) {
            LOG.error("Arrivals stand still for a reason of our own.", e);
            standStill(backoff);
        }
    }

    private void connectAndRead(Map<String, Object> member, Backoff backoff) {
        // Not there, or not ours to read: then no notification is to blame.
        scans.incoming();
        try (Consumer<byte[], byte[]> consumer = new KafkaConsumer<>(member);
                Outbox outbox = new Outbox(kafka, metrics, traces);
                Backlog backlog = new Backlog(kafka.client())) {
            requireTopic(consumer);
            consumer.subscribe(List.of(Topics.SCAN_ARRIVALS));
            running = true;
            try {
                while (!isStopping()) {
                    ConsumerRecords<byte[], byte[]> records = consumer.poll(POLL);
                    if (!records.isEmpty()) {
                        take(consumer, records, outbox, backoff);
                    }
                    reconciler.run(consumer.assignment().contains(LEADERS), outbox, backlog);
                }
            } finally {
                consumer.close(CloseOptions.timeout(CLOSE));
            }
        }
    }

    private static void requireTopic(Consumer<?, ?> consumer) {
        if (consumer.partitionsFor(Topics.SCAN_ARRIVALS, METADATA).isEmpty()) {
            throw new KafkaException("there is no topic " + Topics.SCAN_ARRIVALS
                    + ". Create it, or set scanstream.arrivals.enabled=false.");
        }
    }

    private void take(
            Consumer<byte[], byte[]> consumer,
            ConsumerRecords<byte[], byte[]> records,
            Outbox outbox,
            Backoff backoff) {
        List<ConsumerRecord<byte[], byte[]>> all = new ArrayList<>();
        records.forEach(all::add);
        List<Read> read;
        Set<ScanId> known;
        try {
            read = scans.each(all, this::read);
            known = known(read);
        } catch (ScanstreamException down) {
            LOG.warn("Arrivals wait ({}): {}", down.code(), down.getMessage());
            rewind(consumer, records);
            pause(backoff.next());
            return;
        }
        Map<Place, List<ScanId>> ids = new HashMap<>();
        for (Read each : read) {
            for (Arrived arrived : each.arrived()) {
                if (known.contains(arrived.id())) {
                    continue;
                }
                ids.computeIfAbsent(arrived.place(), place -> new ArrayList<>()).add(arrived.id());
                if (arrived.record() != null) {
                    outbox.scan(arrived.record());
                }
            }
            if (each.mistake() != null) {
                LOG.warn(
                        "A notification is set aside ({}): {}-{}@{}. Its dead letter says why.",
                        each.mistake().code(),
                        each.source().topic(),
                        each.source().partition(),
                        each.source().offset());
                outbox.deadLetter(DeadLetterRecord.of(
                        Topics.SCAN_ARRIVALS_DLQ,
                        each.source(),
                        each.mistake(),
                        1,
                        each.source().value()));
            }
        }
        outbox.write(Via.NOTIFICATION);
        metrics.known(Via.NOTIFICATION, known.size());
        consumer.commitSync();
        backoff.reset();
        keep(ids);
    }

    /** What was enqueued before, by this process or another, as far as the scoring edge may have forgotten it. */
    private Set<ScanId> known(List<Read> read) {
        Map<Place, List<ScanId>> ids = new HashMap<>();
        for (Read each : read) {
            for (Arrived arrived : each.arrived()) {
                ids.computeIfAbsent(arrived.place(), place -> new ArrayList<>()).add(arrived.id());
            }
        }
        Set<ScanId> known = new HashSet<>();
        ids.forEach((place, found) -> known.addAll(enqueued.computeIfAbsent(place, at -> new Enqueued(marks.apply(at)))
                .among(found)));
        return known;
    }

    /** One notification; fails only with what is retryable. */
    private Read read(ConsumerRecord<byte[], byte[]> record) {
        List<Arrived> arrived = new ArrayList<>();
        ScanstreamException mistake = null;
        try {
            for (S3Notification.Put put : S3Notification.read(record.value())) {
                try {
                    scans.of(put.bucket(), put.key()).ifPresent(arrived::add);
                } catch (ScanstreamException e) {
                    mistake = unlessRetryable(e);
                }
            }
        } catch (ScanstreamException e) {
            mistake = unlessRetryable(e);
        }
        for (Arrived each : arrived) {
            mistake = each.mistake() == null ? mistake : each.mistake();
        }
        return new Read(record, arrived, mistake);
    }

    private static ScanstreamException unlessRetryable(ScanstreamException e) {
        if (e.code().retryable()) {
            throw e;
        }
        return e;
    }

    private void keep(Map<Place, List<ScanId>> ids) {
        try {
            ids.forEach((place, found) -> marks.apply(place).add(found));
        } catch (ScanstreamException e) {
            LOG.warn("Arrivals were enqueued but not marked; the reconciler enqueues them again: {}", e.getMessage());
        }
    }

    private static void rewind(Consumer<byte[], byte[]> consumer, ConsumerRecords<byte[], byte[]> records) {
        for (TopicPartition partition : records.partitions()) {
            if (consumer.assignment().contains(partition)) {
                consumer.seek(partition, records.records(partition).get(0).offset());
            }
        }
    }

    boolean isStopping() {
        return stopped.getCount() == 0;
    }

    private void standStill(Backoff backoff) {
        running = false;
        metrics.leading(false);
        pause(backoff.next());
    }

    private void pause(Duration pause) {
        try {
            var unused = stopped.await(pause.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }
}
