package io.scanstream.inference.kafka;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.scoring.ScanId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The consumer's thread while it is connected: polls, and hands to the scorer as long as there is room in hand; the committer
 * writes what is complete meanwhile. Without room the partitions are paused, and the thread goes on polling to stay in its
 * group. When a transaction is aborted, everything in hand is read again.
 */
final class ScanSession {
    private static final Logger LOG = LoggerFactory.getLogger(ScanSession.class);
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration PATIENCE = Duration.ofMillis(100);
    private static final Duration SLICE = Duration.ofMillis(10);

    private final String topic;
    private final KafkaSettings settings;
    private final Consumer<byte[], byte[]> consumer;
    private final HeldPartitions partitions;
    private final InHand inHand;
    private final Committer committer;
    private final Attempts attempts;
    private final AtomicReference<ConsumerGroupMetadata> group;
    private final Solitude solitude;
    private final EdgeMetrics metrics;
    private final Lag lag;
    private final StopSignal stop;

    /** What was read is read again. */
    private static final class Rewound extends Exception {
        private static final long serialVersionUID = 1;
    }

    ScanSession(
            String topic,
            KafkaSettings settings,
            Consumer<byte[], byte[]> consumer,
            HeldPartitions partitions,
            InHand inHand,
            Committer committer,
            Attempts attempts,
            AtomicReference<ConsumerGroupMetadata> group,
            Solitude solitude,
            EdgeMetrics metrics,
            Lag lag,
            StopSignal stop) {
        this.topic = topic;
        this.settings = settings;
        this.consumer = consumer;
        this.partitions = partitions;
        this.inHand = inHand;
        this.committer = committer;
        this.attempts = attempts;
        this.group = group;
        this.solitude = solitude;
        this.metrics = metrics;
        this.lag = lag;
        this.stop = stop;
    }

    /** Works until the service ends, and then until what is in hand is committed or its time is over. */
    void scoreAll(Backoff backoff) {
        while (!stop.isStopping()) {
            try {
                rewindIfAborted();
                prepare(backoff);
                if (inHand.awaitRoom(settings.pollRecords(), PATIENCE)) {
                    take(poll(POLL));
                } else {
                    stayInGroup();
                }
            } catch (Rewound e) {
                LOG.debug("The scans of {} are read again.", topic);
            }
        }
        drain();
    }

    private void prepare(Backoff backoff) {
        try {
            partitions.prepare();
            backoff.reset();
        } catch (ScanstreamException e) {
            LOG.warn("Partitions of {} wait: {}", topic, e.getMessage());
            stop.sleep(backoff.next());
        } catch (TimeoutException e) {
            LOG.info("Partitions of {} wait for their committed offsets: {}", topic, e.getMessage());
        }
    }

    private ConsumerRecords<byte[], byte[]> poll(Duration within) {
        ConsumerRecords<byte[], byte[]> records = consumer.poll(within);
        group.set(consumer.groupMetadata());
        lag.look(consumer.assignment());
        metrics.standing(lag.records(), inHand.size());
        return records;
    }

    private void stayInGroup() {
        partitions.pause();
        if (!poll(Duration.ZERO).isEmpty()) {
            throw new KafkaException("a paused partition gave records");
        }
        partitions.resume();
    }

    private void rewindIfAborted() throws Rewound {
        ScoreWriter.NotWritten aborted = committer.aborted();
        if (aborted == null) {
            return;
        }
        LOG.warn("A transaction of {} was aborted, its scans are read again: {}", topic, aborted.getMessage());
        metrics.aborted();
        partitions.rewind();
        inHand.clear();
        throw new Rewound();
    }

    private void take(ConsumerRecords<byte[], byte[]> records) throws Rewound {
        List<ScanRecord> alone = new ArrayList<>();
        for (ConsumerRecord<byte[], byte[]> record : records) {
            ScanRecord scan = ScanRecord.of(record);
            if (partitions.window(scan.partition()) == null) {
                continue;
            }
            if (partitions.isolation(scan.partition()).isOn()) {
                alone.add(scan);
            } else {
                takeBesideOthers(scan);
            }
        }
        for (ScanRecord scan : alone) {
            takeAlone(scan);
        }
    }

    private void takeBesideOthers(ScanRecord scan) throws Rewound {
        while (!solitude.join(PATIENCE)) {
            betweenWaits();
        }
        boolean handedOn = false;
        try {
            handedOn = score(scan, solitude::leave);
        } finally {
            if (!handedOn) {
                solitude.leave();
            }
        }
    }

    /** Hands a scan to the scorer unless its partition has gone meanwhile; says whether it did. */
    private boolean score(ScanRecord scan, Runnable whenScored) {
        RepeatWindow window = partitions.window(scan.partition());
        if (window == null) {
            return false;
        }
        ScanId attempt = scan.attempt();
        boolean repeated = attempt != null && !window.add(attempt);
        InHand.Scan taken = inHand.add(scan);
        if (repeated) {
            taken.complete(Outcome.repeat(scan));
            whenScored.run();
        } else {
            attempts.score(taken, whenScored);
        }
        return true;
    }

    /** Scores one scan with no other in the process, and waits until that is committed. */
    private void takeAlone(ScanRecord scan) throws Rewound {
        awaitCommitted();
        while (!solitude.beAlone(PATIENCE)) {
            betweenWaits();
        }
        try {
            if (partitions.window(scan.partition()) == null) {
                return;
            }
            Isolation isolation = partitions.isolation(scan.partition());
            long offset = scan.source().offset();
            if (isolation.isPoison(offset)) {
                LOG.error("{} is set aside: it was alone in {} dead processes.", scan.place(), Isolation.MOST_DEATHS);
                inHand.add(scan).complete(Outcome.rejected(scan, poison(), Isolation.MOST_DEATHS));
            } else {
                untilStoreAnswers(() -> isolation.begin(offset));
                score(scan, () -> {});
            }
            awaitCommitted();
            if (partitions.window(scan.partition()) != null) {
                untilStoreAnswers(isolation::end);
            }
        } finally {
            solitude.endAlone();
        }
    }

    private static ScanstreamException poison() {
        return new ScanstreamException(
                ErrorCode.POISON,
                "the scan was being scored alone when the process died, " + Isolation.MOST_DEATHS + " times.");
    }

    private void awaitCommitted() throws Rewound {
        while (!inHand.awaitEmpty(PATIENCE)) {
            betweenWaits();
        }
    }

    /** Makes a call on the object store, again and again while it does not answer. */
    private void untilStoreAnswers(Runnable call) throws Rewound {
        Backoff backoff = new Backoff();
        while (true) {
            try {
                call.run();
                return;
            } catch (ScanstreamException e) {
                if (!e.code().retryable()) {
                    throw e;
                }
                LOG.warn("Scans wait ({}): {}", e.code(), e.getMessage());
                stop.sleep(backoff.next());
                betweenWaits();
            }
        }
    }

    /** Stays in the group while something is waited for; ends the wait if there is no sense in it any more. */
    private void betweenWaits() throws Rewound {
        rewindIfAborted();
        stayInGroup();
        if (stop.isOver()) {
            throw new Rewound();
        }
    }

    private void drain() {
        try {
            while (inHand.size() > 0 && !stop.isOver()) {
                if (!inHand.awaitEmpty(SLICE)) {
                    rewindIfAborted();
                    partitions.pause();
                    poll(Duration.ZERO);
                }
            }
        } catch (Rewound e) {
            // Handed back with the rest.
        }
        if (inHand.size() > 0) {
            LOG.warn("{} scans of {} were not finished in time; they are scored again.", inHand.size(), topic);
        }
    }
}
