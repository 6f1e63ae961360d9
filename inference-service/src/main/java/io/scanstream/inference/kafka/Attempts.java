package io.scanstream.inference.kafka;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.inference.model.ServingSet;
import io.scanstream.inference.scoring.Urgency;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds a scan's outcome. What something that is down keeps from its outcome is tried again, with growing pauses and without
 * an end; nothing is counted against the scan. After an {@link Error} it is tried again a few times, then rejected.
 */
final class Attempts {
    private static final Logger LOG = LoggerFactory.getLogger(Attempts.class);

    private static final Duration WARN_EVERY = Duration.ofSeconds(1);
    /** An Error, such as memory that is short, is seldom the scan's own; but it may be. */
    private static final int MOST_ERRORS = 5;

    private final RecordScoring scoring;
    private final Urgency urgency;
    private final AtomicLong warned = new AtomicLong(System.nanoTime() - WARN_EVERY.toNanos());

    Attempts(RecordScoring scoring, Urgency urgency) {
        this.scoring = scoring;
        this.urgency = urgency;
    }

    /**
     * Scores. Returns at once.
     *
     * @param whenScored runs after the scan has its outcome, or when that is not wanted any more
     */
    void score(InHand.Scan scan, Runnable whenScored) {
        attempt(scan, new Backoff(), 0, whenScored);
    }

    private void attempt(InHand.Scan scan, Backoff backoff, int errors, Runnable whenScored) {
        if (!scan.isWanted()) {
            whenScored.run();
            return;
        }
        CompletionStage<Outcome> attempted;
        try {
            attempted = scoring.score(scan.record(), urgency, scan::isWanted);
        } catch (RuntimeException | Error e) {
            attempted = CompletableFuture.failedFuture(e);
        }
        var unused = attempted.whenComplete((outcome, failure) -> {
            if (outcome != null) {
                scan.complete(outcome);
                whenScored.run();
            } else if (ServingSet.cause(failure) instanceof ScanstreamException down
                    && down.code().retryable()) {
                warn(scan, down);
                later(backoff.next()).execute(() -> attempt(scan, backoff, errors, whenScored));
            } else if (ServingSet.cause(failure) instanceof Error error && errors + 1 < MOST_ERRORS) {
                LOG.error("Scoring {} is tried again.", scan.record().place(), error);
                later(backoff.next()).execute(() -> attempt(scan, backoff, errors + 1, whenScored));
            } else if (ServingSet.cause(failure) instanceof CancellationException) {
                whenScored.run();
            } else {
                LOG.error(
                        "Scoring {} failed for a reason of our own.",
                        scan.record().place(),
                        failure);
                scan.complete(Outcome.rejected(
                        scan.record(),
                        new ScanstreamException(ErrorCode.INTERNAL, "scoring failed: " + failure, failure),
                        1));
                whenScored.run();
            }
        });
    }

    /** Everything in hand may wait for the same thing: one line for all. */
    private void warn(InHand.Scan scan, ScanstreamException down) {
        long now = System.nanoTime();
        long last = warned.get();
        if (now - last > WARN_EVERY.toNanos() && warned.compareAndSet(last, now)) {
            LOG.warn("Scans wait, {} among them ({}): {}", scan.record().place(), down.code(), down.getMessage());
        }
    }

    private static Executor later(Duration pause) {
        return CompletableFuture.delayedExecutor(pause.toNanos(), TimeUnit.NANOSECONDS);
    }
}
