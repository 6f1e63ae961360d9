package io.scanstream.inference.scoring;

import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.inference.model.LoadedModel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Gathers decoded scans into one run per model version. A batch closes when it is full, when its first scan has waited
 * for the latency budget, or when nobody else is on the way; the first urgent scan, else the first of all, says which
 * version runs next. One thread runs the models: a run uses all cores, or the whole device.
 */
final class MicroBatcher implements AutoCloseable {
    private final long budgetNanos;
    private final long mostBytes;
    private final DistributionSummary batchSize;
    private final Timer runTimer;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Condition room = lock.newCondition();
    private final Deque<Waiting> urgent = new ArrayDeque<>();
    private final Deque<Waiting> routine = new ArrayDeque<>();
    private long waitingBytes;
    private int expected;
    private boolean closing;
    private final Thread runner;

    /**
     * A decoded scan.
     *
     * @param input uint8 {@code [height, width, channels]}
     * @param since {@link System#nanoTime}
     */
    @SuppressWarnings("ArrayRecordComponent") // a scan on its way; they are not compared
    record Waiting(LoadedModel model, byte[] input, Urgency urgency, long since, CompletableFuture<Score> answer) {}

    MicroBatcher(ScorerSettings settings, MeterRegistry metrics) {
        this.budgetNanos = settings.latencyBudget().toNanos();
        this.mostBytes = settings.waitingBytes();
        this.batchSize = metrics.summary("scanstream.batch.size");
        this.runTimer = metrics.timer("scanstream.run");
        this.runner = new Thread(this::runAll, "run-model");
        runner.start();
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
        lock.lock();
        try {
            while (waitingBytes > 0 && waitingBytes + scan.input().length > mostBytes) {
                room.awaitUninterruptibly();
            }
            waitingBytes += scan.input().length;
            expected--;
            (scan.urgency() == Urgency.URGENT ? urgent : routine).add(scan);
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    private void runAll() {
        for (List<Waiting> batch = next(); batch != null; batch = next()) {
            run(batch);
        }
    }

    /** The next batch when it is closed; null at the end. */
    private @Nullable List<Waiting> next() {
        lock.lock();
        try {
            while (true) {
                Waiting first = urgent.isEmpty() ? routine.peek() : urgent.peek();
                if (first == null) {
                    if (closing) {
                        return null;
                    }
                    changed.awaitUninterruptibly();
                    continue;
                }
                long left = budgetNanos - (System.nanoTime() - first.since());
                if (left <= 0 || closing || expected == 0 || isFull(first.model())) {
                    return take(first.model());
                }
                changed.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            // Nobody interrupts this thread but a runtime that ends.
            Thread.currentThread().interrupt();
            return null;
        } finally {
            lock.unlock();
        }
    }

    private boolean isFull(LoadedModel model) {
        long same = urgent.stream().filter(scan -> scan.model() == model).count()
                + routine.stream().filter(scan -> scan.model() == model).count();
        return same >= model.batchSizes().largest();
    }

    private List<Waiting> take(LoadedModel model) {
        List<Waiting> batch = new ArrayList<>();
        for (Deque<Waiting> queue : List.of(urgent, routine)) {
            Iterator<Waiting> scans = queue.iterator();
            while (scans.hasNext() && batch.size() < model.batchSizes().largest()) {
                Waiting scan = scans.next();
                if (scan.model() == model) {
                    batch.add(scan);
                    waitingBytes -= scan.input().length;
                    scans.remove();
                }
            }
        }
        room.signalAll();
        return batch;
    }

    private void run(List<Waiting> batch) {
        LoadedModel model = batch.get(0).model();
        batchSize.record(batch.size());
        LoadedModel.Output[] outputs;
        try {
            outputs = runTimer.record(
                    () -> model.run(batch.stream().map(Waiting::input).toList()));
        } catch (RuntimeException | Error e) {
            runOneByOne(batch, e);
            return;
        }
        for (int i = 0; i < batch.size(); i++) {
            answer(batch.get(i), outputs[i]);
        }
    }

    /** One scan's failure is not its neighbours'. */
    private void runOneByOne(List<Waiting> batch, Throwable failure) {
        if (batch.size() > 1) {
            batch.forEach(scan -> run(List.of(scan)));
            return;
        }
        batch.get(0)
                .answer()
                .completeExceptionally(
                        failure instanceof ScanstreamException
                                ? failure
                                : new ScanstreamException(ErrorCode.INTERNAL, "the model failed: " + failure, failure));
    }

    private static void answer(Waiting scan, LoadedModel.Output output) {
        Score score;
        try {
            score = Score.of(scan.model(), output);
        } catch (ScanstreamException e) {
            scan.answer().completeExceptionally(e);
            return;
        }
        scan.answer().complete(score);
    }

    /** Runs what waits and ends the thread. */
    @Override
    public void close() {
        lock.lock();
        try {
            closing = true;
            changed.signal();
        } finally {
            lock.unlock();
        }
        try {
            runner.join(TimeUnit.SECONDS.toMillis(10));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
