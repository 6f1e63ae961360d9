package io.scanstream.inference.kafka;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.scoring.ScanId;
import io.scanstream.inference.scoring.Urgency;
import io.scanstream.storage.ObjectStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One topic's consumer: poll, score, write, again. While a batch is in hand the partitions are paused. When a transaction
 * is aborted, what was read is read again; when the broker is lost, everything is opened anew.
 */
final class ScanLoop implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(ScanLoop.class);
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration CLOSE = Duration.ofSeconds(5);

    private final Source source;
    private final KafkaSettings settings;
    private final RecordScoring scoring;
    private final Supplier<ObjectStore> store;
    private final ReadWriteLock alone;
    private final EdgeMetrics metrics;
    private final StopSignal stop = new StopSignal();
    private volatile boolean running;

    /** Where a loop takes its scans from. */
    record Source(String topic, String group, Urgency urgency) {}

    /** Everything that one connection to the broker is made of. */
    private record Session(
            Consumer<byte[], byte[]> consumer, HeldPartitions partitions, ScoreWriter writer, BatchScoring batches) {}

    /**
     * A loop that is not running yet.
     *
     * @param alone shared by all loops: held for writing by the one that scores a record alone
     */
    ScanLoop(
            Source source,
            KafkaSettings settings,
            RecordScoring scoring,
            Supplier<ObjectStore> store,
            ReadWriteLock alone,
            EdgeMetrics metrics) {
        this.source = source;
        this.settings = settings;
        this.scoring = scoring;
        this.store = store;
        this.alone = alone;
        this.metrics = metrics;
    }

    /** Whether the consumer is in its group, or on its way into it, with a broker that answered. */
    boolean running() {
        return running;
    }

    /** Asks the loop to end; the batch in hand may finish within the drain time. */
    void stop() {
        stop.stopWithin(settings.drain());
    }

    @Override
    public void run() {
        Backoff backoff = new Backoff();
        while (!stop.isStopping()) {
            try {
                connectAndScore(backoff);
            } catch (BatchScoring.Abandoned e) {
                LOG.warn("The scans of {} in hand were not finished in time; they are scored again.", source.topic());
            } catch (InterruptException e) {
                break;
            } catch (KafkaException | ScanstreamException e) {
                LOG.warn(
                        "Scoring {} from Kafka at {} stands still: {}",
                        source.topic(),
                        settings.bootstrapServers(),
                        withCauses(e));
                standStill(backoff);
            } catch (RuntimeException e) {
                LOG.error("Scoring {} stands still for a reason of our own.", source.topic(), e);
                standStill(backoff);
            }
        }
        running = false;
    }

    private void connectAndScore(Backoff backoff) {
        try (ScoredIds scoredIds = new ScoredIds(settings);
                Consumer<byte[], byte[]> consumer = new KafkaConsumer<>(settings.member(source.group()))) {
            boolean samePartition = scoredIds.samePartition(ScoredIds.partitions(consumer, source.topic()));
            HeldPartitions partitions = new HeldPartitions(consumer, scoredIds, samePartition, store, settings);
            BatchScoring batches = new BatchScoring(scoring, source.urgency(), consumer, partitions, stop);
            try (ScoreWriter writer = new ScoreWriter(settings, samePartition)) {
                consumer.subscribe(List.of(source.topic()), partitions);
                running = true;
                scoreAll(new Session(consumer, partitions, writer, batches), backoff);
            } finally {
                consumer.close(CloseOptions.timeout(CLOSE));
            }
        }
    }

    private void scoreAll(Session session, Backoff backoff) {
        while (!stop.isStopping()) {
            prepare(session, backoff);
            ConsumerRecords<byte[], byte[]> records = session.consumer().poll(POLL);
            if (records.isEmpty()) {
                continue;
            }
            session.partitions().pause();
            try {
                work(session, records);
                session.partitions().resume();
            } catch (ScoreWriter.NotWritten e) {
                LOG.warn(
                        "A transaction of {} was aborted, its scans are read again: {}",
                        source.topic(),
                        e.getMessage());
                metrics.aborted();
                session.partitions().rewind();
            }
        }
    }

    private void prepare(Session session, Backoff backoff) {
        try {
            session.partitions().prepare();
            backoff.reset();
        } catch (ScanstreamException e) {
            LOG.warn("Partitions of {} wait: {}", source.topic(), e.getMessage());
            sleep(backoff.next());
        } catch (TimeoutException e) {
            LOG.info("Partitions of {} wait for their committed offsets: {}", source.topic(), e.getMessage());
        }
    }

    private void work(Session session, ConsumerRecords<byte[], byte[]> records) throws ScoreWriter.NotWritten {
        List<ScanRecord> together = new ArrayList<>();
        for (ConsumerRecord<byte[], byte[]> record : records) {
            ScanRecord scan = ScanRecord.of(record);
            if (session.partitions().window(scan.partition()) == null) {
                continue;
            }
            if (session.partitions().isolation(scan.partition()).isOn()) {
                scoreAlone(session, scan);
            } else {
                together.add(scan);
            }
        }
        if (!together.isEmpty()) {
            Lock beside = alone.readLock();
            beside.lock();
            try {
                write(session, session.batches().outcomes(together));
            } finally {
                beside.unlock();
            }
        }
    }

    private void scoreAlone(Session session, ScanRecord scan) throws ScoreWriter.NotWritten {
        Isolation isolation = session.partitions().isolation(scan.partition());
        long offset = scan.source().offset();
        Lock nobodyElse = alone.writeLock();
        nobodyElse.lock();
        try {
            if (isolation.isPoison(offset)) {
                LOG.error("{} is set aside: it was alone in {} dead processes.", scan.place(), Isolation.MOST_DEATHS);
                write(session, List.of(Outcome.rejected(scan, poison(), Isolation.MOST_DEATHS)));
            } else {
                session.batches().untilStoreAnswers(() -> isolation.begin(offset));
                write(session, session.batches().outcomes(List.of(scan)));
            }
            if (session.partitions().window(scan.partition()) != null) {
                session.batches().untilStoreAnswers(isolation::end);
            }
        } finally {
            nobodyElse.unlock();
        }
    }

    private static ScanstreamException poison() {
        return new ScanstreamException(
                ErrorCode.POISON,
                "the scan was being scored alone when the process died, " + Isolation.MOST_DEATHS + " times.");
    }

    /** Writes the outcomes of the partitions that are still held; the others are their new owner's. */
    private void write(Session session, List<Outcome> all) throws ScoreWriter.NotWritten {
        List<Outcome> outcomes = all.stream()
                .filter(outcome -> session.partitions().window(outcome.scan().partition()) != null)
                .toList();
        if (outcomes.isEmpty()) {
            return;
        }
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        for (Outcome outcome : outcomes) {
            offsets.put(
                    outcome.scan().partition(),
                    new OffsetAndMetadata(outcome.scan().source().offset() + 1));
        }
        long begun = System.nanoTime();
        session.writer().write(outcomes, offsets, session.consumer().groupMetadata());
        metrics.written(outcomes, System.nanoTime() - begun);
        for (Outcome outcome : outcomes) {
            RepeatWindow window = session.partitions().window(outcome.scan().partition());
            ScanId attempt = outcome.scan().attempt();
            if (window != null && outcome.event() != null && attempt != null) {
                window.add(attempt);
            }
        }
    }

    private void standStill(Backoff backoff) {
        running = false;
        sleep(backoff.next());
    }

    private static String withCauses(Throwable failure) {
        StringBuilder text = new StringBuilder(String.valueOf(failure.getMessage()));
        for (Throwable cause = failure.getCause(); cause != null; cause = cause.getCause()) {
            text.append(": ").append(cause.getMessage());
        }
        return text.toString();
    }

    private void sleep(Duration pause) {
        long until = System.nanoTime() + pause.toNanos();
        try {
            while (!stop.isStopping() && System.nanoTime() - until < 0) {
                Thread.sleep(50);
            }
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }
}
