package io.scanstream.inference.scoring;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.inference.model.LoadedModel;
import io.scanstream.inference.model.Outputs;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
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

    private final int cores;
    private final StageTimers timers;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final WaitingScans waiting;
    private int busyCores;
    private final Set<Batch> running = Collections.newSetFromMap(new IdentityHashMap<>());
    private boolean closing;
    private boolean over;
    private final List<Thread> runners;

    /**
     * What one run takes.
     *
     * @param alone whether there is nothing else to do meanwhile
     */
    private record Batch(WaitingScans.Kind kind, List<Waiting> scans, boolean alone) {
        int cores() {
            return alone ? kind.model().plan().threadsAlone() : kind.threads();
        }

        Outputs run() {
            return alone
                    ? kind.model().runAlone(scans.get(0).input(), kind.outputs())
                    : kind.model().run(scans.stream().map(Waiting::input).toList(), kind.outputs());
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
        this.waiting = new WaitingScans(settings.latencyBudget().toNanos());
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
            waiting.expect(urgency, 1);
        } finally {
            lock.unlock();
        }
    }

    /** A scan that was on its way does not come. */
    void expectOneLess(Urgency urgency) {
        lock.lock();
        try {
            waiting.expect(urgency, -1);
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    /** Adds a scan that was expected. Does not throw: whatever happens, the scan gets its answer. */
    void add(Waiting scan) {
        Throwable failure = null;
        lock.lock();
        try {
            if (over) {
                failure = ends();
            } else {
                waiting.add(scan);
            }
        } catch (RuntimeException | Error e) {
            failure = e;
        } finally {
            waiting.expect(scan.urgency(), -1);
            changed.signal();
            lock.unlock();
        }
        if (failure != null) {
            scan.taken().run();
            fail(scan, failure);
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
                WaitingScans.Kind kind = waiting.firstClosed(now, closing);
                if (kind != null && (busyCores == 0 || busyCores + kind.threads() <= cores)) {
                    return take(kind);
                }
                if (over || (closing && !waiting.isAnyExpected() && waiting.isEmpty())) {
                    changed.signalAll();
                    return null;
                }
                long left = kind == null ? waiting.untilNextCloses(now) : Long.MAX_VALUE;
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

    private Batch take(WaitingScans.Kind kind) {
        int size = waiting.sizeOfNext(kind, Math.max(1, (cores - busyCores) / kind.threads()));
        boolean alone = size == 1 && busyCores == 0 && waiting.isAll(kind, size);
        // Whatever may throw comes first: scans that have left the queue must run.
        Batch batch = new Batch(kind, new ArrayList<>(size), alone);
        running.add(batch);
        waiting.move(kind, size, batch.scans());
        busyCores += batch.cores();
        if (!waiting.isEmpty()) {
            changed.signal();
        }
        return batch;
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
        List<Waiting> dropped;
        lock.lock();
        try {
            over = true;
            dropped = waiting.removeAll();
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
