package io.scanstream.inference.kafka;

import io.micrometer.core.instrument.MeterRegistry;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.scoring.ScanId;
import io.scanstream.inference.model.ServingSet;
import io.scanstream.inference.scoring.Urgency;
import io.scanstream.storage.ObjectStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One topic's consumer: poll, score, write, again. While a batch is in hand the partitions are paused and polling goes on,
 * so that the group keeps its member however long a model takes to load or a store to come back. When a transaction
 * fails, what was read is read again; when the broker is lost, everything is opened anew.
 */
final class ScanLoop implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(ScanLoop.class);
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration CLOSE = Duration.ofSeconds(5);
    private static final long KEEP_ALIVE_MS = 100;

    private final String topic;
    private final String group;
    private final Urgency urgency;
    private final KafkaSettings settings;
    private final RecordScoring scoring;
    private final Supplier<ObjectStore> store;
    private final ReadWriteLock alone;
    private final EdgeMetrics metrics;
    private volatile boolean running;
    private volatile long stopAtNanos = Long.MAX_VALUE;
    private volatile boolean stopping;

    /** Everything that one connection to the broker is made of. */
    private record Session(Consumer<byte[], byte[]> consumer, HeldPartitions partitions, ScoreWriter writer) {}

    /** The service ends and the batch in hand took too long. */
    private static final class Abandoned extends RuntimeException {}

    /**
     * A loop that is not running yet.
     *
     * @param alone shared by all loops: held for writing by the one that scores a record alone
     */
    ScanLoop(
            String topic,
            String group,
            Urgency urgency,
            KafkaSettings settings,
            RecordScoring scoring,
            Supplier<ObjectStore> store,
            ReadWriteLock alone,
            MeterRegistry registry) {
        this.topic = topic;
        this.group = group;
        this.urgency = urgency;
        this.settings = settings;
        this.scoring = scoring;
        this.store = store;
        this.alone = alone;
        this.metrics = new EdgeMetrics(registry, topic);
    }

    /** Whether the consumer is in its group, or on its way into it, with a broker that answered. */
    boolean running() {
        return running;
    }

    /** Asks the loop to end; the batch in hand may finish within the drain time. */
    void stop() {
        stopAtNanos = System.nanoTime() + settings.drain().toNanos();
        stopping = true;
    }

    @Override
    public void run() {
        Backoff backoff = new Backoff();
        while (!stopping) {
            try {
                connectAndScore(backoff);
            } catch (Abandoned e) {
                LOG.warn("The scans of {} in hand were not finished in time; they will be scored again.", topic);
            } catch (InterruptException e) {
                return;
            } catch (RuntimeException e) {
                running = false;
                Duration pause = backoff.next();
                LOG.warn("Scoring {} stands still, again in {} ms.", topic, pause.toMillis(), e);
                sleep(pause);
            }
        }
        running = false;
    }

    private void connectAndScore(Backoff backoff) {
        try (ScoredIds scoredIds = new ScoredIds(settings);
                Consumer<byte[], byte[]> consumer = new KafkaConsumer<>(settings.member(group))) {
            boolean samePartition = scoredIds.samePartition(ScoredIds.partitions(consumer, topic));
            HeldPartitions partitions = new HeldPartitions(consumer, scoredIds, samePartition, store, settings);
            try (ScoreWriter writer = new ScoreWriter(settings, samePartition)) {
                consumer.subscribe(List.of(topic), partitions);
                running = true;
                backoff.reset();
                scoreAll(new Session(consumer, partitions, writer), backoff);
            } finally {
                consumer.close(CloseOptions.timeout(CLOSE));
            }
        }
    }

    private void scoreAll(Session session, Backoff backoff) {
        while (!stopping) {
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
                LOG.warn("A transaction of {} was aborted, its scans are read again: {}", topic, e.getMessage());
                metrics.aborted();
                session.partitions().rewind();
            }
        }
    }

    private void prepare(Session session, Backoff backoff) {
        try {
            session.partitions().prepare();
        } catch (ScanstreamException e) {
            LOG.warn("Partitions of {} wait: {}", topic, e.getMessage());
            sleep(backoff.next());
        } catch (org.apache.kafka.common.errors.TimeoutException e) {
            LOG.info("Partitions of {} wait for their committed offsets: {}", topic, e.getMessage());
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
                write(session, outcomes(session, together));
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
            List<Outcome> outcome;
            if (isolation.isPoison(offset)) {
                LOG.error(
                        "{} is set aside: it was alone in {} processes that died.",
                        scan.place(),
                        Isolation.MOST_DEATHS);
                outcome = List.of(Outcome.rejected(scan, poison(), Isolation.MOST_DEATHS));
            } else {
                untilStoreAnswers(session, () -> isolation.begin(offset));
                outcome = outcomes(session, List.of(scan));
            }
            write(session, outcome);
            if (session.partitions().window(scan.partition()) != null) {
                untilStoreAnswers(session, isolation::end);
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

    /** The outcome of each record, in order; waits for whatever is down. */
    private List<Outcome> outcomes(Session session, List<ScanRecord> scans) {
        Map<ScanRecord, Outcome> outcomes = new LinkedHashMap<>();
        Set<ScanId> seen = new HashSet<>();
        List<ScanRecord> open = new ArrayList<>();
        for (ScanRecord scan : scans) {
            RepeatWindow window = session.partitions().window(scan.partition());
            boolean repeat =
                    scan.id() != null && (!seen.add(scan.id()) || (window != null && window.contains(scan.id())));
            if (repeat) {
                outcomes.put(scan, Outcome.repeat(scan));
            } else {
                open.add(scan);
            }
        }
        Backoff backoff = new Backoff();
        while (!open.isEmpty()) {
            open = attempt(session, open, outcomes);
            if (!open.isEmpty()) {
                keepAlive(session, backoff.next());
            }
        }
        return scans.stream().map(outcomes::get).toList();
    }

    /** Scores what is open once; returns what something that is down kept from its outcome. */
    private List<ScanRecord> attempt(Session session, List<ScanRecord> open, Map<ScanRecord, Outcome> outcomes) {
        Map<ScanRecord, CompletableFuture<Outcome>> futures = new LinkedHashMap<>();
        open.forEach(scan -> futures.put(scan, scoring.score(scan, urgency)));
        List<ScanRecord> left = new ArrayList<>();
        ScanstreamException down = null;
        for (Map.Entry<ScanRecord, CompletableFuture<Outcome>> each : futures.entrySet()) {
            try {
                outcomes.put(each.getKey(), await(session, each.getValue()));
            } catch (ScanstreamException e) {
                down = e;
                left.add(each.getKey());
            }
        }
        if (down != null) {
            LOG.warn("{} scans of {} wait ({}): {}", left.size(), topic, down.code(), down.getMessage());
        }
        return left;
    }

    private Outcome await(Session session, CompletableFuture<Outcome> future) {
        while (true) {
            try {
                return future.get(KEEP_ALIVE_MS, TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                keepAlive(session, Duration.ZERO);
            } catch (ExecutionException e) {
                Throwable cause = ServingSet.cause(e.getCause() == null ? e : e.getCause());
                throw cause instanceof ScanstreamException down ? down : new IllegalStateException(cause);
            } catch (InterruptedException e) {
                throw new InterruptException(e);
            }
        }
    }

    /** Stays in the group for a while without taking records. */
    private void keepAlive(Session session, Duration pause) {
        if (stopping && System.nanoTime() > stopAtNanos) {
            throw new Abandoned();
        }
        if (!session.consumer().poll(pause).isEmpty()) {
            throw new KafkaException("a paused partition of " + topic + " gave records");
        }
    }

    private void untilStoreAnswers(Session session, Runnable call) {
        Backoff backoff = new Backoff();
        while (true) {
            try {
                call.run();
                return;
            } catch (ScanstreamException e) {
                if (!e.code().retryable()) {
                    throw e;
                }
                LOG.warn("Scoring {} waits: {}", topic, e.getMessage());
                keepAlive(session, backoff.next());
            }
        }
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
            if (window != null && outcome.event() != null) {
                window.add(outcome.event().scanId());
            }
        }
    }

    private void sleep(Duration pause) {
        long until = System.nanoTime() + pause.toNanos();
        try {
            while (!stopping && System.nanoTime() < until) {
                Thread.sleep(Math.min(50, pause.toMillis()));
            }
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }
}
