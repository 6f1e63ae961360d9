package io.scanstream.trainer.job;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.job.JobId;
import io.scanstream.contracts.job.JobKind;
import io.scanstream.contracts.job.JobState;
import io.scanstream.contracts.job.JobStatus;
import io.scanstream.contracts.training.TrainingEvent;
import io.scanstream.contracts.training.TrainingMessage;
import java.io.IOException;
import java.time.Clock;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import org.jboss.logging.MDC;
import org.jspecify.annotations.Nullable;

/** Runs one claimed job at a time to its end, the end of its slice, or its loss, and renews its lease meanwhile. */
public final class JobRunner implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(JobRunner.class);

    /** What a JSON line of the log has the job's id under. */
    private static final String JOB_ID = "jobId";

    private final Map<JobKind, Work> works;
    private final LeaseTimes times;
    private final Announcements announcements;
    private final Patience patience;
    private final Clock clock;
    private final ScheduledExecutorService renewals;
    private volatile @Nullable Claim current;
    private volatile boolean stopping;

    public JobRunner(
            Map<JobKind, Work> works, LeaseTimes times, Announcements announcements, Patience patience, Clock clock) {
        this.works = Map.copyOf(works);
        this.times = times;
        this.announcements = announcements;
        this.patience = patience;
        this.clock = clock;
        this.renewals = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "lease-renewal");
            thread.setDaemon(true);
            return thread;
        });
    }

    /** Works on a claim; returns when it is no longer ours, whatever happened. */
    void run(Claim claim) {
        MDC.put(JOB_ID, claim.id().toString());
        try {
            runWithLease(claim);
        } finally {
            MDC.remove(JOB_ID);
        }
    }

    private void runWithLease(Claim claim) {
        current = claim;
        if (stopping) {
            claim.askToStop();
        }
        long every = times.renewEvery().toMillis();
        var renewing = renewals.scheduleWithFixedDelay(claim::renew, every, every, TimeUnit.MILLISECONDS);
        try {
            end(claim, runUntilNothingIsAway(claim));
        } catch (RuntimeException | Error e) {
            stopped(claim, e);
        } finally {
            renewing.cancel(false);
            current = null;
        }
    }

    private Work.Outcome runUntilNothingIsAway(Claim claim) {
        Work work = works.get(claim.state().kind());
        if (work == null) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST,
                    "no trainer here does " + claim.state().kind() + " jobs.");
        }
        Patience.Outage outage = new Patience.Outage();
        while (true) {
            try {
                return work.run(claim);
            } catch (RuntimeException e) {
                ScanstreamException reason = reasonOf(e);
                if (claim.stopRequested() || !reason.code().retryable()) {
                    throw e;
                }
                patience.pause(claim, reason, outage, claim::stopRequested);
            }
        }
    }

    private void end(Claim claim, Work.Outcome outcome) {
        if (outcome instanceof Work.Done done) {
            FaultPoint.BEFORE_SUCCESS.reached();
            patience.insist(claim, () -> claim.succeed(done.result()));
            FaultPoint.AFTER_SUCCESS.reached();
            LOG.infof("job %s: succeeded, %s", claim.id(), done.result());
            announcements.event(done.event());
        } else {
            putBack(claim);
        }
    }

    private void putBack(Claim claim) {
        JobState before = claim.state();
        patience.insist(claim, claim::release);
        FaultPoint.AFTER_RELEASE.reached();
        LOG.infof("job %s: slice %d is over at %s", claim.id(), before.slice(), before.step());
        announcements.event(
                new TrainingEvent.SliceCompleted(claim.id(), before.slice(), before.step(), clock.instant()));
        announcements.request(
                new TrainingMessage.TrainingContinued(claim.id(), claim.state().slice()));
    }

    /** The work did not come to its own end. Why counts only after whose the job is: a lost one fails in any way. */
    private void stopped(Claim claim, Throwable e) {
        JobState lostTo = claim.lostTo();
        if (lostTo != null) {
            LOG.infof("job %s: left, %s", claim.id(), e);
            if (lostTo.status() == JobStatus.CANCELLED) {
                String reason = lostTo.reason() == null ? "cancelled" : lostTo.reason();
                announcements.event(new TrainingEvent.TrainingCancelled(claim.id(), reason, clock.instant()));
            }
            return;
        }
        try {
            if (claim.stopRequested()) {
                if (!(e instanceof WorkStopped)) {
                    LOG.warnf(e, "job %s: put back as the trainer stops, after an error", claim.id());
                }
                putBack(claim);
            } else {
                fail(claim, e);
            }
        } catch (RuntimeException again) {
            // Whoever claims next finds the journal as it was.
            LOG.errorf(again, "job %s: left without a word in the journal", claim.id());
        }
    }

    private void fail(Claim claim, Throwable e) {
        ScanstreamException reason = reasonOf(e);
        String text = String.valueOf(reason.getMessage());
        if (reason.code() == ErrorCode.INTERNAL) {
            LOG.errorf(e, "job %s: failed by a defect", claim.id());
        } else {
            // The reason may name files of a data set: it is for the journal, which not everybody may read.
            LOG.warnf("job %s: failed, %s; its state says why", claim.id(), reason.code());
        }
        patience.insist(claim, () -> claim.fail(reason.code(), text));
        announcements.event(new TrainingEvent.TrainingFailed(claim.id(), reason.code(), text, clock.instant()));
    }

    /**
     * The reason that has a code: one that can be waited out, wherever it is wrapped, before any other. What has none is a
     * full disk or a defect.
     */
    static ScanstreamException reasonOf(Throwable e) {
        ScanstreamException coded = null;
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof ScanstreamException ours
                    && (coded == null || ours.code().retryable())) {
                coded = ours;
            }
            if (cause instanceof IOException && isDiskFull(cause)) {
                return new ScanstreamException(ErrorCode.DISK_FULL, "no room left: " + cause.getMessage(), e);
            }
        }
        return coded != null ? coded : new ScanstreamException(ErrorCode.INTERNAL, e.toString(), e);
    }

    /** Whether a disk has no room left. Java has no type of its own for it; the text is the C library's for ENOSPC and EDQUOT. */
    private static boolean isDiskFull(Throwable e) {
        String message = String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT);
        return message.contains("no space left") || message.contains("quota exceeded");
    }

    /** Looks at the journal now and not only at the next renewal: somebody says that it has changed. */
    public void hurry(JobId id) {
        Claim claim = current;
        if (claim != null && claim.id().equals(id)) {
            renewals.execute(claim::renew);
        }
    }

    /** Asks the job under way to leave a checkpoint and be put back, and every later one. */
    void stop() {
        stopping = true;
        Claim claim = current;
        if (claim != null) {
            claim.askToStop();
        }
    }

    @Override
    public void close() {
        renewals.shutdownNow();
    }
}
