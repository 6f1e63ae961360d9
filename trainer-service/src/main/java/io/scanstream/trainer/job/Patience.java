package io.scanstream.trainer.job;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.training.TrainingEvent;
import java.time.Clock;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Waits for what is away: a store that does not answer, a full disk. Nothing is counted against the job; its events say that
 * it waits.
 */
public final class Patience {
    private static final Logger LOG = Logger.getLogger(Patience.class);
    private static final Duration LOOK = Duration.ofMillis(200);

    private final Announcements announcements;
    private final Clock clock;
    private final Duration first;
    private final Duration most;

    /** Waits for one and the same thing: something else that is away, or work that got on meanwhile, begins another. */
    static final class Outage {
        private @Nullable ErrorCode code;
        private @Nullable String step;
        private int waits;

        /** How many waits there were before this one. */
        int next(ErrorCode away, @Nullable String reached) {
            if (away != code || !Objects.equals(reached, step)) {
                waits = 0;
            }
            code = away;
            step = reached;
            return waits++;
        }
    }

    /**
     * Waits longer from time to time.
     *
     * @param first the first wait; each is twice the one before, a little more or less
     * @param most the longest wait
     */
    public Patience(Announcements announcements, Clock clock, Duration first, Duration most) {
        this.announcements = announcements;
        this.clock = clock;
        this.first = first;
        this.most = most;
    }

    /**
     * Calls until the call does not end in a retryable error.
     *
     * @throws WorkStopped when the claim says stop while the call is waited for
     */
    public <T> T call(Claim claim, Supplier<T> call) {
        return call(claim, call, claim::stopRequested);
    }

    /**
     * As {@link #call}, but waits although this process is to stop: for what a stop has to leave behind, and for what is all
     * but done.
     *
     * @throws WorkStopped when the claim is lost
     */
    public <T> T insist(Claim claim, Supplier<T> call) {
        claim.checkStillOurs();
        return call(claim, call, () -> claim.lostTo() != null);
    }

    /** As {@link #insist(Claim, Supplier)}. */
    void insist(Claim claim, Runnable call) {
        insist(claim, () -> {
            call.run();
            return true;
        });
    }

    private <T> T call(Claim claim, Supplier<T> call, BooleanSupplier stop) {
        Outage outage = new Outage();
        while (true) {
            try {
                return call.get();
            } catch (ScanstreamException e) {
                if (!e.code().retryable()) {
                    throw e;
                }
                pause(claim, e, outage, stop);
            }
        }
    }

    /**
     * One wait.
     *
     * @throws WorkStopped if the claim stops it
     */
    void pause(Claim claim, ScanstreamException reason, Outage outage, BooleanSupplier stop) {
        int wait = outage.next(reason.code(), claim.state().step());
        if (wait == 0) {
            tell(claim, reason);
        }
        sleep(wait, () -> {
            if (stop.getAsBoolean()) {
                claim.check();
            }
            return false;
        });
    }

    private void tell(Claim claim, ScanstreamException reason) {
        LOG.warnf("job %s waits: %s", claim.id(), reason.getMessage());
        String text = reason.getMessage() == null ? reason.code().name() : reason.getMessage();
        announcements.event(new TrainingEvent.TrainingDelayed(claim.id(), reason.code(), text, clock.instant()));
    }

    /** Sleeps for one wait, or until {@code over}; counts from 0. */
    void sleep(int wait, BooleanSupplier over) {
        long span = Math.min(most.toMillis(), first.toMillis() << Math.min(wait, 20));
        long end = System.nanoTime()
                + Duration.ofMillis(span * 3 / 4 + ThreadLocalRandom.current().nextLong(span / 2 + 1))
                        .toNanos();
        try {
            while (!over.getAsBoolean() && System.nanoTime() - end < 0) {
                Thread.sleep(Math.min(LOOK.toMillis(), Math.max(1, (end - System.nanoTime()) / 1_000_000)));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ScanstreamException(ErrorCode.CANCELLED, "the trainer's thread was interrupted.", e);
        }
    }
}
