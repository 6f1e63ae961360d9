package io.scanstream.inference.scoring;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.inference.model.LoadedModel;
import io.scanstream.inference.model.Outputs;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gathers decoded scans into one run per model version. A batch closes when it is full, when its first scan has waited
 * for the latency budget, or when nobody else is on the way; among closed ones the one with the first urgent scan, else
 * the one with the first scan of all, runs next. As many runs go side by side as their threads fit the cores.
 */
final class MicroBatcher {
    private static final Logger LOG = LoggerFactory.getLogger(MicroBatcher.class);

    /** For runs that were told to end. */
    private static final Duration ENDING = Duration.ofSeconds(1);

    private final long budgetNanos;
    private final long mostBytes;
    private final int cores;
    private final StageTimers timers;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Condition room = lock.newCondition();
    private final Map<Kind, Queue> queues = new LinkedHashMap<>();
    private long waitingBytes;
    private int expected;
    private int busyCores;
    private final Set<Batch> running = Collections.newSetFromMap(new IdentityHashMap<>());
    private boolean closing;
    private boolean over;
    private final List<Thread> runners;

    /** What may go into one run: scans of one version of which the same is asked. */
    private record Kind(LoadedModel model, Set<String> outputs) {
        int largest() {
            return model.plan().batches().largest();
        }

        int threads() {
            return model.plan().threads();
        }
    }

    /**
     * What one run takes.
     *
     * @param alone whether there is nothing else to do meanwhile
     */
    private record Batch(Kind kind, List<Waiting> scans, boolean alone) {
        int cores() {
            return alone ? kind.model().plan().threadsAlone() : kind.threads();
        }

        Outputs run() {
            return alone
                    ? kind.model().runAlone(scans.get(0).input(), kind.outputs())
                    : kind.model().run(scans.stream().map(Waiting::input).toList(), kind.outputs());
        }
    }

    private static final class Queue {
        final Deque<Waiting> urgent = new ArrayDeque<>();
        final Deque<Waiting> routine = new ArrayDeque<>();

        void add(Waiting scan) {
            (scan.urgency() == Urgency.URGENT ? urgent : routine).add(scan);
        }

        int size() {
            return urgent.size() + routine.size();
        }

        @Nullable
        Waiting first() {
            return urgent.isEmpty() ? routine.peek() : urgent.peek();
        }

        Waiting remove() {
            return urgent.isEmpty() ? routine.remove() : urgent.remove();
        }
    }

    /** Who waits for a scan's row. Called on a runner's thread. */
    interface Answer {
        /** Asked before the run. */
        boolean isWanted();

        void given(Outputs outputs, int row);

        void failed(Throwable reason);
    }

    /**
     * A decoded scan.
     *
     * @param outputs of the model that are wanted
     * @param input uint8 {@code [height, width, channels]}
     * @param since {@link System#nanoTime}
     */
    @SuppressWarnings("ArrayRecordComponent") // a scan on its way; they are not compared
    record Waiting(LoadedModel model, Set<String> outputs, byte[] input, Urgency urgency, long since, Answer answer) {}

    MicroBatcher(ScorerSettings settings, StageTimers timers) {
        this.budgetNanos = settings.latencyBudget().toNanos();
        this.mostBytes = settings.waitingBytes();
        this.cores = settings.cores();
        this.timers = timers;
        this.runners = IntStream.rangeClosed(1, cores)
                .mapToObj(i -> new Thread(this::runAll, "run-model-" + i))
                .toList();
        runners.forEach(Thread::start);
    }

    /** A scan is on its way: {@link #add} or {@link #expectOneLess} follows. */
    void expectOne() {
        lock.lock();
        try {
            expected++;
        } finally {
            lock.unlock();
        }
    }

    /** A scan that was on its way does not come. */
    void expectOneLess() {
        lock.lock();
        try {
            expected--;
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    /** Adds a scan that was expected; waits while too many bytes wait already. */
    void add(Waiting scan) {
        if (!addUnlessOver(scan)) {
            scan.answer().failed(ends());
        }
    }

    private boolean addUnlessOver(Waiting scan) {
        lock.lock();
        try {
            while (!over && waitingBytes > 0 && waitingBytes + scan.input().length > mostBytes) {
                room.awaitUninterruptibly();
            }
            expected--;
            if (over) {
                return false;
            }
            waitingBytes += scan.input().length;
            queues.computeIfAbsent(new Kind(scan.model(), scan.outputs()), absent -> new Queue())
                    .add(scan);
            changed.signal();
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void runAll() {
        for (Batch batch = next(); batch != null; batch = next()) {
            try {
                runWanted(batch);
            } finally {
                done(batch);
            }
        }
    }

    private void done(Batch batch) {
        lock.lock();
        try {
            busyCores -= batch.cores();
            running.remove(batch);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** The next batch when it is closed and there are cores for it; null at the end. */
    private @Nullable Batch next() {
        lock.lock();
        try {
            while (true) {
                long now = System.nanoTime();
                Kind kind = firstClosed(now);
                if (kind != null && (busyCores == 0 || busyCores + kind.threads() <= cores)) {
                    return take(kind);
                }
                if (queues.isEmpty() && closing) {
                    return null;
                }
                long left = kind == null ? untilNextCloses(now) : Long.MAX_VALUE;
                if (left == Long.MAX_VALUE) {
                    changed.await();
                } else {
                    changed.awaitNanos(left);
                }
            }
        } catch (InterruptedException e) {
            // Nobody interrupts this thread but a runtime that ends.
            Thread.currentThread().interrupt();
            return null;
        } finally {
            lock.unlock();
        }
    }

    private @Nullable Kind firstClosed(long now) {
        Kind best = null;
        Waiting bestFirst = null;
        for (Map.Entry<Kind, Queue> entry : queues.entrySet()) {
            Waiting first = entry.getValue().first();
            if (first != null
                    && isClosed(entry.getKey(), entry.getValue(), now)
                    && (bestFirst == null || goesBefore(first, bestFirst))) {
                best = entry.getKey();
                bestFirst = first;
            }
        }
        return best;
    }

    private boolean isClosed(Kind kind, Queue queue, long now) {
        return closing || expected == 0 || queue.size() >= kind.largest() || left(queue, now) <= 0;
    }

    private static boolean goesBefore(Waiting one, Waiting other) {
        int byUrgency = one.urgency().compareTo(other.urgency());
        return byUrgency < 0 || (byUrgency == 0 && one.since() - other.since() < 0);
    }

    /** What is left of the first scan's budget, whatever its urgency. */
    private long left(Queue queue, long now) {
        long oldest = Long.MIN_VALUE;
        for (Deque<Waiting> scans : List.of(queue.urgent, queue.routine)) {
            Waiting first = scans.peek();
            if (first != null) {
                oldest = Math.max(oldest, now - first.since());
            }
        }
        return budgetNanos - oldest;
    }

    private long untilNextCloses(long now) {
        return queues.values().stream()
                .mapToLong(queue -> left(queue, now))
                .min()
                .orElse(Long.MAX_VALUE);
    }

    private Batch take(Kind kind) {
        Queue queue = queues.get(kind);
        if (queue == null) {
            throw new IllegalStateException("nothing waits for " + kind.model().version());
        }
        List<Waiting> scans = new ArrayList<>();
        int size = size(kind, queue.size());
        while (scans.size() < size) {
            Waiting scan = queue.remove();
            waitingBytes -= scan.input().length;
            scans.add(scan);
        }
        if (queue.size() == 0) {
            queues.remove(kind);
        }
        boolean alone = scans.size() == 1 && busyCores == 0 && expected == 0 && queues.isEmpty();
        Batch batch = new Batch(kind, scans, alone);
        busyCores += batch.cores();
        running.add(batch);
        room.signalAll();
        if (!queues.isEmpty()) {
            changed.signal();
        }
        return batch;
    }

    /** No larger than keeps all cores busy: with few scans, two runs of half of them are done sooner than one of all. */
    private int size(Kind kind, int waiting) {
        int runs = Math.max(1, (cores - busyCores) / kind.threads());
        return Math.min(kind.largest(), (waiting + runs - 1) / runs);
    }

    private void runWanted(Batch batch) {
        List<Waiting> wanted = new ArrayList<>();
        for (Waiting scan : batch.scans()) {
            if (scan.answer().isWanted()) {
                wanted.add(scan);
            } else {
                scan.answer().failed(new CancellationException("not wanted any more"));
            }
        }
        if (!wanted.isEmpty()) {
            run(new Batch(batch.kind(), wanted, batch.alone()));
        }
    }

    private void run(Batch batch) {
        LoadedModel model = batch.kind().model();
        long begun = System.nanoTime();
        timers.batch(model, batch.scans().stream().mapToLong(scan -> begun - scan.since()));
        Outputs outputs;
        try {
            outputs = batch.run();
        } catch (RuntimeException | Error e) {
            runOneByOne(batch, e);
            return;
        }
        timers.run(model, System.nanoTime() - begun);
        for (int i = 0; i < batch.scans().size(); i++) {
            batch.scans().get(i).answer().given(outputs, i);
        }
    }

    /** One scan's failure is not its neighbours'. */
    private void runOneByOne(Batch batch, Throwable failure) {
        if (batch.scans().size() > 1) {
            batch.scans().forEach(scan -> run(new Batch(batch.kind(), List.of(scan), false)));
            return;
        }
        batch.scans()
                .get(0)
                .answer()
                .failed(
                        failure instanceof ScanstreamException
                                ? failure
                                : new ScanstreamException(ErrorCode.INTERNAL, "the model failed: " + failure, failure));
    }

    /** What a scan fails with that is not run any more. */
    static ScanstreamException ends() {
        return new ScanstreamException(ErrorCode.OVERLOADED, "the scan was not run, as the service ends.");
    }

    /**
     * Runs what waits and ends the threads. What is not done in time fails with {@code OVERLOADED}, and runs under way are
     * told to end; one that does not is left behind.
     */
    void close(Duration within) {
        lock.lock();
        try {
            closing = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        if (join(within)) {
            return;
        }
        giveUp();
        if (!join(ENDING)) {
            LOG.warn("A run of a model does not end; it is left to the end of the process.");
        }
    }

    private boolean join(Duration within) {
        long until = System.nanoTime() + within.toNanos();
        try {
            for (Thread runner : runners) {
                runner.join(Math.max(1, TimeUnit.NANOSECONDS.toMillis(until - System.nanoTime())));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return runners.stream().noneMatch(Thread::isAlive);
    }

    private void giveUp() {
        List<Waiting> dropped = new ArrayList<>();
        lock.lock();
        try {
            over = true;
            for (Queue queue : queues.values()) {
                dropped.addAll(queue.urgent);
                dropped.addAll(queue.routine);
            }
            queues.clear();
            waitingBytes = 0;
            running.forEach(batch -> batch.kind().model().endRuns());
            room.signalAll();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        dropped.forEach(scan -> scan.answer().failed(ends()));
    }
}
