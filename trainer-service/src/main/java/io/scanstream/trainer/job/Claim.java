package io.scanstream.trainer.job;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.job.JobId;
import io.scanstream.contracts.job.JobState;
import io.scanstream.contracts.job.Lease;
import io.scanstream.contracts.training.TrainingEvent;
import io.scanstream.storage.Jobs;
import io.scanstream.storage.Journal;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A job that this trainer has taken. Every change goes through the journal, behind the last entry that this claim has seen:
 * if somebody else has written there, the claim is lost and nothing more is written. One thread works, another one renews.
 */
public final class Claim {
    private static final Logger LOG = Logger.getLogger(Claim.class);

    private final Jobs jobs;
    private final Journal<JobState> journal;
    private final Clock clock;
    private final LeaseTimes times;
    private final String token;
    private Journal.Entry<JobState> entry;
    private Instant leaseExpiresAt;
    private int checkpoints;
    private boolean ended;
    private volatile @Nullable JobState lostTo;
    private volatile boolean stopAsked;

    /**
     * Made by {@link Claims}, which has just written the entry.
     *
     * @param entry names this claim's token as the owner's
     */
    Claim(Jobs jobs, Journal.Entry<JobState> entry, String token, LeaseTimes times, Clock clock) {
        this.jobs = jobs;
        this.journal = jobs.journal(entry.value().id());
        this.entry = entry;
        this.token = token;
        this.times = times;
        this.clock = clock;
        this.leaseExpiresAt = entry.value().at().plus(times.lease());
    }

    public JobId id() {
        return entry.value().id();
    }

    /** The job as this claim wrote it last. */
    public synchronized JobState state() {
        return entry.value();
    }

    /** Whether work should end at its next step: the claim is lost, or this process stops. */
    public boolean stopRequested() {
        return stopAsked || lostTo != null;
    }

    /** Asks the work to end with a checkpoint; the job is then put back. */
    void askToStop() {
        stopAsked = true;
    }

    /**
     * Returns if work may go on.
     *
     * @throws WorkStopped if it must not
     */
    public void check() {
        checkStillOurs();
        if (stopAsked) {
            throw new WorkStopped("the trainer stops");
        }
    }

    /**
     * Returns if the job is still this trainer's, as far as it knows; whether the process is to stop does not matter.
     *
     * @throws WorkStopped if it is not
     */
    public void checkStillOurs() {
        if (lostTo != null) {
            throw new WorkStopped("the claim on job " + id() + " is lost");
        }
    }

    /**
     * As {@link #checkStillOurs}, after a look at the journal, for what cannot be taken back; while the store is away that is
     * as far as it knows.
     */
    public void confirm() {
        renew();
        checkStillOurs();
    }

    /** The entry that took the job away: cancelled, ended or claimed by another; null while it is ours. */
    @Nullable
    JobState lostTo() {
        return lostTo;
    }

    /**
     * Renews the lease, if the journal still names this claim; if not, the claim is lost. While the store is away nothing
     * changes: work goes on past the end of the lease, and what it then writes stands or falls with the journal.
     */
    synchronized void renew() {
        if (ended || lostTo != null) {
            return;
        }
        try {
            renewOrThrow();
        } catch (ScanstreamException e) {
            boolean live = clock.instant().isBefore(leaseExpiresAt);
            LOG.warnf(
                    "job %s: the lease could not be renewed (%s, %s); trying again",
                    id(), live ? "it is live until " + leaseExpiresAt : "it has expired", e.getMessage());
        }
    }

    private void renewOrThrow() {
        Journal.Entry<JobState> head = journal.head().orElseThrow(this::vanished);
        if (!head.value().ownedBy(token)) {
            lose(head.value());
            return;
        }
        Instant expiresAt = clock.instant().plus(times.lease());
        jobs.renew(id(), new Lease(token, expiresAt));
        leaseExpiresAt = expiresAt;
    }

    /**
     * Uploads a checkpoint and has the journal name it; the one before is deleted.
     *
     * @param folder holds the files, no folders
     * @param step how far it is, for people; another step than the last one's counts as progress
     * @param history the epochs so far
     * @throws WorkStopped if the claim is lost; what was uploaded then counts for nothing
     * @throws ScanstreamException {@code STORE_UNAVAILABLE} if the store is away; to be called again
     */
    public void checkpoint(Path folder, String step, List<TrainingEvent.EpochCompleted> history) {
        String prefix = jobs.writeCheckpoint(id(), token, "%06d".formatted(++checkpoints), folder);
        FaultPoint.AFTER_UPLOAD.reached();
        String superseded = state().checkpoint();
        Instant now = now();
        append(state -> state.checkpointed(prefix, step, now));
        FaultPoint.AFTER_CHECKPOINT.reached();
        jobs.writeHistory(id(), history);
        // Only the one that our own entry has superseded: what else lies there may be the next owner's.
        if (superseded != null) {
            jobs.deleteCheckpoint(superseded);
        }
    }

    /** Puts the job back for anybody, one slice further. */
    void release() {
        Instant now = now();
        end(state -> state.released(now));
    }

    void succeed(String result) {
        Instant now = now();
        end(state -> state.succeeded(result, now));
    }

    void fail(ErrorCode code, String reason) {
        Instant now = now();
        end(state -> state.failed(code, reason, now));
    }

    private synchronized void end(UnaryOperator<JobState> change) {
        append(change);
        ended = true;
    }

    /**
     * Writes the next entry, or finds that it was written: an answer can be lost on its way back, so whoever retries may
     * meet its own entry.
     */
    private synchronized void append(UnaryOperator<JobState> change) {
        checkStillOurs();
        JobState next = change.apply(entry.value());
        if (journal.append(entry.number(), next)) {
            entry = new Journal.Entry<>(entry.number() + 1, next);
            return;
        }
        Journal.Entry<JobState> head = journal.head().orElseThrow(this::vanished);
        if (Json.text(head.value()).equals(Json.text(next))) {
            entry = head;
        } else if (head.value().ownedBy(token)) {
            entry = head;
            append(change);
        } else {
            lose(head.value());
            checkStillOurs();
        }
    }

    /** Keeps a small file beside the job's model, in the place of one of that path. */
    public void keepCompanion(String path, byte[] bytes) {
        jobs.writeCompanion(id(), path, bytes);
    }

    private void lose(JobState to) {
        lostTo = to;
        LOG.infof(
                "job %s: lost, it is %s%s; stopping",
                id(), to.status(), to.owner() == null ? "" : " by " + to.owner().trainer());
    }

    private ScanstreamException vanished() {
        return new ScanstreamException(ErrorCode.UNKNOWN_JOB, "the journal of job " + id() + " has been deleted.");
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MILLIS);
    }
}
