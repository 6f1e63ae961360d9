package io.scanstream.trainer.job;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.job.JobId;
import io.scanstream.contracts.job.JobState;
import io.scanstream.contracts.job.JobStatus;
import io.scanstream.contracts.job.Lease;
import io.scanstream.contracts.training.TrainingEvent;
import io.scanstream.contracts.training.TrainingMessage;
import io.scanstream.storage.Jobs;
import io.scanstream.storage.Journal;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.UUID;
import org.jboss.logging.Logger;

/** Takes jobs: decides by the journal whether a message is about work that is to be had, and who gets it. */
public final class Claims {
    /** So many processes may die at one step; the next trainer ends the job instead of dying too. */
    static final int MOST_DEATHS = 3;

    private static final Logger LOG = Logger.getLogger(Claims.class);

    private final Jobs jobs;
    private final String trainer;
    private final LeaseTimes times;
    private final Announcements announcements;
    private final Clock clock;

    /**
     * Takes jobs in the name of a trainer.
     *
     * @param trainer the process's name, for people
     */
    public Claims(Jobs jobs, String trainer, LeaseTimes times, Announcements announcements, Clock clock) {
        this.jobs = jobs;
        this.trainer = trainer;
        this.times = times;
        this.announcements = announcements;
        this.clock = clock;
    }

    /**
     * Takes the job that a message is about.
     *
     * @return empty if there is nothing to do: the job has ended, is past this message, or somebody works on it
     * @throws ScanstreamException {@code UNKNOWN_JOB} if there is no such job, {@code STORE_UNAVAILABLE} if the store is
     *     away
     */
    Optional<Claim> take(TrainingMessage message) {
        JobId id = message.jobId();
        Journal<JobState> journal = jobs.journal(id);
        while (true) {
            Journal.Entry<JobState> head = journal.head()
                    .orElseThrow(() -> new ScanstreamException(
                            ErrorCode.UNKNOWN_JOB,
                            "job " + id + " has no journal: it is written before the job is asked for."));
            JobState state = head.value();
            Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
            Optional<String> drop = reasonToDrop(message, state, now);
            if (drop.isPresent()) {
                LOG.infof("job %s: %s", id, drop.get());
                return Optional.empty();
            }
            boolean died = state.status() == JobStatus.RUNNING;
            if (died && state.attempts() + 1 >= MOST_DEATHS) {
                if (poisoned(journal, head, now)) {
                    return Optional.empty();
                }
            } else {
                String token = UUID.randomUUID().toString();
                JobState claimed = state.claimed(new JobState.Owner(token, trainer), died, now);
                if (journal.append(head.number(), claimed)) {
                    return Optional.of(taken(new Journal.Entry<>(head.number() + 1, claimed), token));
                }
            }
            // Somebody was faster: decide again on what is now.
        }
    }

    private Claim taken(Journal.Entry<JobState> entry, String token) {
        FaultPoint.AFTER_CLAIM.reached();
        Claim claim = new Claim(jobs, entry, token, times, clock);
        claim.renew();
        JobState state = entry.value();
        LOG.infof(
                "job %s: taken, %s, slice %d, %s",
                state.id(),
                state.kind(),
                state.slice(),
                state.step() == null ? "from the start" : "from " + state.step());
        announcements.event(
                new TrainingEvent.TrainingAccepted(state.id(), trainer, state.slice(), state.step(), clock.instant()));
        return claim;
    }

    private Optional<String> reasonToDrop(TrainingMessage message, JobState state, Instant now) {
        if (state.status().ended()) {
            return Optional.of("has ended, " + state.status());
        }
        if (message.slice() < state.slice()) {
            return Optional.of("the message is of slice " + message.slice() + ", the job is at " + state.slice());
        }
        if (state.status() == JobStatus.RUNNING && now.isBefore(aliveUntil(jobs, state, times))) {
            return Optional.of("somebody works on it");
        }
        return Optional.empty();
    }

    /**
     * Until when a running job counts as worked on. The lease is written after the claim: until there is one of the owner's,
     * the claim itself is the sign of life.
     */
    static Instant aliveUntil(Jobs jobs, JobState running, LeaseTimes times) {
        return jobs.lease(running.id())
                .filter(lease -> running.ownedBy(lease.token()))
                .map(Lease::expiresAt)
                .orElseGet(() -> running.at().plus(times.lease()));
    }

    private boolean poisoned(Journal<JobState> journal, Journal.Entry<JobState> head, Instant now) {
        JobState state = head.value();
        String reason = MOST_DEATHS + " processes died "
                + (state.step() == null ? "before the first checkpoint" : "after the same checkpoint, " + state.step())
                + (state.owner() == null
                        ? ""
                        : ", the last one " + state.owner().trainer())
                + ". Their logs say why; a smaller recipe.training.batchSize helps if it was memory.";
        if (!journal.append(head.number(), state.failed(ErrorCode.POISON, reason, now))) {
            return false;
        }
        LOG.warnf("job %s: set aside: %s", state.id(), reason);
        announcements.event(new TrainingEvent.TrainingFailed(state.id(), ErrorCode.POISON, reason, now));
        return true;
    }
}
