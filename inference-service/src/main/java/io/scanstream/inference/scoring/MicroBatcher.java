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
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gathers decoded scans into one run per model version. A batch closes when it is full, when its first scan has waited
 * for the latency budget, or when nobody else is on the way whom it would wait for; among closed ones the one with the first
 * urgent scan, else the one with the first scan of all, runs next. As many runs go side by side as their threads fit the cores.
 *
 * <p>Urgent scans do not pay for others: they wait for urgent ones alone, and a run with urgent scans takes routine ones
 * only into places that would be padded. A run's time grows with its scans; an urgent one would wait for all of them.
 */
final class MicroBatcher {
    private static final Logger LOG = LoggerFactory.getLogger(MicroBatcher.class);

    /** For runs that were told to end. */
    private static final Duration ENDING = Duration.ofSeconds(1);

    /** After an error of this class's own, such as memory that is short. */
    private static final Duration PAUSE = Duration.ofMillis(100);

    private final long budgetNanos;
    private final int cores;
    private final StageTimers timers;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Map<Kind, Queue> queues = new LinkedHashMap<>();
    private int expected;
    private int expectedUrgent;
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
            (scan.isUrgent() ? urgent : routine).add(scan);
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

    /**
     * Who waits for a scan's row. Called on a runner's thread: once {@code given} or {@code failed}, and {@code failed} after
     * a {@code given} that threw. An answer that throws harms nobody else.
     */
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
     * @param taken runs once, when the scan does not wait any more: it is about to run, or never will
     */
    @SuppressWarnings("ArrayRecordComponent") // a scan on its way; they are not compared
    record Waiting(
            LoadedModel model,
            Set<String> outputs,
            byte[] input,
            Urgency urgency,
            long since,
            Runnable taken,
            Answer answer) {
        boolean isUrgent() {
            return urgency == Urgency.URGENT;
        }
    }

    MicroBatcher(ScorerSettings settings, StageTimers timers) {
        this.budgetNanos = settings.latencyBudget().toNanos();
        this.cores = settings.cores();
        this.timers = timers;
        this.runners = IntStream.rangeClosed(1, cores)
                .mapToObj(i -> new Thread(this::runAll, "run-model-" + i))
                .toList();
        runners.forEach(Thread::start);
    }

    /** A scan is on its way: {@link #add} or {@link #expectOneLess} follows. */
    void expectOne(Urgency urgency) {
        lock.lock();
        try {
            count(urgency, 1);
        } finally {
            lock.unlock();
        }
    }

    /** A scan that was on its way does not come. */
    void expectOneLess(Urgency urgency) {
        lock.lock();
        try {
            count(urgency, -1);
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    private void count(Urgency urgency, int more) {
        expected += more;
        expectedUrgent += urgency == Urgency.URGENT ? more : 0;
    }

    /** Adds a scan that was expected. Does not throw: whatever happens, the scan gets its answer. */
    void add(Waiting scan) {
        Throwable failure = null;
        lock.lock();
        try {
            if (over) {
                failure = ends();
            } else {
                enqueue(scan);
            }
        } catch (RuntimeException | Error e) {
            failure = e;
        } finally {
            count(scan.urgency(), -1);
            changed.signal();
            lock.unlock();
        }
        if (failure != null) {
            scan.taken().run();
            fail(scan, failure);
        }
    }

    private void enqueue(Waiting scan) {
        Kind kind = new Kind(scan.model(), scan.outputs());
        Queue known = queues.get(kind);
        Queue queue = known == null ? new Queue() : known;
        // No queue is ever seen empty, also if this throws.
        queue.add(scan);
        if (known == null) {
            queues.put(kind, queue);
        }
    }

    private void runAll() {
        for (Batch batch = nextWhateverHappens(); batch != null; batch = nextWhateverHappens()) {
            try {
                runWanted(batch);
            } catch (RuntimeException | Error e) {
                batch.scans().forEach(scan -> fail(scan, e));
            } finally {
                done(batch);
            }
        }
    }

    /** Without these threads nothing is ever run, and nobody would know. */
    private @Nullable Batch nextWhateverHappens() {
        while (true) {
            try {
                return next();
            } catch (RuntimeException | Error e) {
                LOG.error("The next batch could not be taken; it is tried again.", e);
                LockSupport.parkNanos(PAUSE.toNanos());
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
                if (over || (closing && expected == 0 && queues.isEmpty())) {
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
        int worthWaitingFor = queue.urgent.isEmpty() ? expected : expectedUrgent;
        return closing || worthWaitingFor == 0 || queue.size() >= kind.largest() || left(queue, now) <= 0;
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
        int size = size(kind, queue);
        boolean isLast = size == queue.size() && queues.size() == 1;
        boolean alone = size == 1 && busyCores == 0 && expected == 0 && isLast;
        // Whatever may throw comes first: scans that have left the queue must run.
        List<Waiting> scans = new ArrayList<>(size);
        Batch batch = new Batch(kind, scans, alone);
        running.add(batch);
        while (scans.size() < size) {
            scans.add(queue.remove());
        }
        if (queue.size() == 0) {
            queues.remove(kind);
        }
        busyCores += batch.cores();
        if (!queues.isEmpty()) {
            changed.signal();
        }
        return batch;
    }

    /** No larger than keeps all cores busy: with few scans, two runs of half of them are done sooner than one of all. */
    private int size(Kind kind, Queue queue) {
        int runs = Math.max(1, (cores - busyCores) / kind.threads());
        int first = queue.urgent.isEmpty() ? queue.routine.size() : queue.urgent.size();
        int size = Math.min(kind.largest(), (first + runs - 1) / runs);
        return Math.min(kind.model().plan().batches().rung(size), queue.size());
    }

    private void runWanted(Batch batch) {
        batch.scans().forEach(scan -> scan.taken().run());
        List<Waiting> wanted = new ArrayList<>(batch.scans().size());
        for (Waiting scan : batch.scans()) {
            if (isWanted(scan)) {
                wanted.add(scan);
            }
        }
        if (!wanted.isEmpty()) {
            run(new Batch(batch.kind(), wanted, batch.alone()));
        }
    }

    /** Whether a scan is; if not, it has been told. */
    private static boolean isWanted(Waiting scan) {
        try {
            if (scan.answer().isWanted()) {
                return true;
            }
            fail(scan, new CancellationException("not wanted any more"));
        } catch (RuntimeException | Error e) {
            fail(scan, e);
        }
        return false;
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
            give(batch.scans().get(i), outputs, i);
        }
    }

    private static void give(Waiting scan, Outputs outputs, int row) {
        try {
            scan.answer().given(outputs, row);
        } catch (RuntimeException | Error e) {
            fail(scan, e);
        }
    }

    /** One scan's failure is not its neighbours'. */
    private void runOneByOne(Batch batch, Throwable failure) {
        if (batch.scans().size() > 1) {
            batch.scans().forEach(scan -> run(new Batch(batch.kind(), List.of(scan), false)));
            return;
        }
        fail(batch.scans().get(0), failure);
    }

    private static void fail(Waiting scan, Throwable reason) {
        try {
            scan.answer().failed(Failures.ofScan("the model failed", reason));
        } catch (RuntimeException | Error e) {
            LOG.error(
                    "A scan of {} could not be told of its failure.",
                    scan.model().version(),
                    e);
        }
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
        boolean ended = join(within);
        giveUp();
        if (!ended && !join(ENDING)) {
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
            running.forEach(batch -> batch.kind().model().endRuns());
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        dropped.forEach(scan -> {
            scan.taken().run();
            fail(scan, ends());
        });
    }
}
