package io.scanstream.inference.kafka;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;

/**
 * The scans that were read and are not committed yet, of each partition in order. The consumer's thread adds, whoever scores
 * completes, and the committer takes what is complete up to the first that is not. Scans of a partition that goes are dropped,
 * and what is still done with them comes to nothing. Thread-safe.
 */
final class InHand {
    /** Of an average over about as many transactions. */
    private static final int COST_SMOOTHING = 8;

    private final int mostScans;
    private final long mostBytes;
    private final long lingerNanos;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Condition less = lock.newCondition();
    private final Map<TopicPartition, Deque<Scan>> partitions = new HashMap<>();
    private final Set<TopicPartition> going = new HashSet<>();
    private int count;
    private long bytes;
    private int complete;
    private int writing;
    private long transactions;
    private long lastWritten = System.nanoTime();
    private long costNanos;
    private boolean suspended;
    private boolean closed;

    /** One scan in hand. */
    final class Scan {
        private final ScanRecord record;
        private @Nullable Outcome outcome;
        private volatile boolean dropped;

        private Scan(ScanRecord record) {
            this.record = record;
        }

        ScanRecord record() {
            return record;
        }

        /** Whether its outcome is still wanted. */
        boolean isWanted() {
            return !dropped;
        }

        /** What became of it; nothing happens if it was dropped. */
        void complete(Outcome became) {
            lock.lock();
            try {
                if (dropped || outcome != null) {
                    return;
                }
                outcome = became;
                complete++;
                if (complete == 1 || untilWorthwhile() <= 0) {
                    changed.signal();
                }
            } finally {
                lock.unlock();
            }
        }
    }

    /**
     * Empty.
     *
     * @param linger how long what is complete waits at most, with all places taken, for more to be committed with it; the
     *     fewer are taken the shorter
     */
    InHand(int mostScans, long mostBytes, Duration linger) {
        this.mostScans = mostScans;
        this.mostBytes = mostBytes;
        this.lingerNanos = linger.toNanos();
    }

    /** Takes one more in hand. */
    Scan add(ScanRecord record) {
        Scan scan = new Scan(record);
        lock.lock();
        try {
            partitions
                    .computeIfAbsent(record.partition(), absent -> new ArrayDeque<>())
                    .add(scan);
            count++;
            bytes += record.sizeBytes();
            return scan;
        } finally {
            lock.unlock();
        }
    }

    /** Waits for places; says whether there are so many. */
    boolean awaitRoom(int scans, Duration within) {
        return awaitLess(() -> count + scans <= mostScans && bytes < mostBytes, within);
    }

    /** Waits until everything is committed or dropped; says whether it is. */
    boolean awaitEmpty(Duration within) {
        return awaitLess(() -> count == 0, within);
    }

    /**
     * Drops what is left of partitions that go. The transaction that is under way may hold scans of theirs and is waited
     * for; none that begins meanwhile does.
     *
     * @return whether it ended in time; they are dropped in any case
     */
    boolean dropWhenQuiet(Collection<TopicPartition> gone, Duration within) {
        lock.lock();
        try {
            going.addAll(gone);
            long underWay = transactions;
            return awaitLess(() -> writing == 0 || transactions != underWay, within);
        } finally {
            drop(gone);
            gone.forEach(going::remove);
            lock.unlock();
        }
    }

    private boolean awaitLess(BooleanSupplier condition, Duration within) {
        long left = within.toNanos();
        lock.lock();
        try {
            while (!condition.getAsBoolean() && left > 0 && !suspended) {
                left = less.awaitNanos(left);
            }
            return condition.getAsBoolean();
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        } finally {
            lock.unlock();
        }
    }

    int size() {
        lock.lock();
        try {
            return count;
        } finally {
            lock.unlock();
        }
    }

    /**
     * For the committer: waits until a transaction is worth it, and takes what goes into it. A transaction costs about the
     * same for one scan as for a hundred, so with much in hand it waits for more, and with little it does not; and between
     * two of them there is a pause as long as they take, so that with many scans that come alone, transactions never take more
     * than half of the time.
     *
     * @return in order within each partition; empty once closed
     */
    List<Outcome> take() {
        lock.lock();
        try {
            while (!closed) {
                long left = untilWorthwhile();
                List<Outcome> ready = left <= 0 ? removeReady() : List.of();
                if (!ready.isEmpty()) {
                    writing = ready.size();
                    transactions++;
                    complete -= writing;
                    return ready;
                }
                if (left <= 0 || left == Long.MAX_VALUE) {
                    changed.await();
                } else {
                    changed.awaitNanos(left);
                }
            }
            return List.of();
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        } finally {
            lock.unlock();
        }
    }

    private long untilWorthwhile() {
        if (suspended || complete == 0) {
            return Long.MAX_VALUE;
        }
        if (complete >= mostScans / 2) {
            return 0;
        }
        long forOthers = complete == count ? 0 : lingerNanos * count / mostScans;
        long pause = Math.min(costNanos, lingerNanos);
        return Math.max(forOthers, pause) - (System.nanoTime() - lastWritten);
    }

    private List<Outcome> removeReady() {
        List<Outcome> ready = new ArrayList<>();
        for (Map.Entry<TopicPartition, Deque<Scan>> partition : partitions.entrySet()) {
            if (going.contains(partition.getKey())) {
                continue;
            }
            Deque<Scan> scans = partition.getValue();
            for (Scan scan = scans.peek(); scan != null && scan.outcome != null; scan = scans.peek()) {
                ready.add(scan.outcome);
                scans.remove();
            }
        }
        return ready;
    }

    /**
     * What was taken last is committed.
     *
     * @param nanos that it took
     */
    void written(List<Outcome> outcomes, long nanos) {
        lock.lock();
        try {
            costNanos += (nanos - costNanos) / COST_SMOOTHING;
            count -= outcomes.size();
            outcomes.forEach(outcome -> bytes -= outcome.scan().sizeBytes());
            writing = 0;
            lastWritten = System.nanoTime();
            less.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** What was taken last is not committed: nothing is given out until {@link #clear}. */
    void suspend() {
        lock.lock();
        try {
            suspended = true;
            writing = 0;
            less.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Drops everything and begins anew; no transaction may be under way. */
    void clear() {
        lock.lock();
        try {
            drop(List.copyOf(partitions.keySet()));
            count = 0;
            bytes = 0;
            complete = 0;
            suspended = false;
        } finally {
            lock.unlock();
        }
    }

    private void drop(Collection<TopicPartition> gone) {
        lock.lock();
        try {
            for (TopicPartition partition : gone) {
                Deque<Scan> scans = partitions.remove(partition);
                if (scans == null) {
                    continue;
                }
                for (Scan scan : scans) {
                    scan.dropped = true;
                    count--;
                    bytes -= scan.record.sizeBytes();
                    complete -= scan.outcome == null ? 0 : 1;
                }
            }
            less.signalAll();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Gives nothing out any more. */
    void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
            drop(List.copyOf(partitions.keySet()));
        } finally {
            lock.unlock();
        }
    }
}
