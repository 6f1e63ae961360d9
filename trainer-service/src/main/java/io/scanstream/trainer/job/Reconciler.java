package io.scanstream.trainer.job;

import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.job.JobId;
import io.scanstream.contracts.job.JobKind;
import io.scanstream.contracts.job.JobState;
import io.scanstream.contracts.job.JobStatus;
import io.scanstream.contracts.training.TrainingMessage;
import io.scanstream.storage.Datasets;
import io.scanstream.storage.Jobs;
import io.scanstream.storage.Journal;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Looks through all jobs from time to time and asks again for those that nobody works on: whatever happens between two
 * steps of the protocol, or to Kafka's records, no job is forgotten. Clears away what ended jobs leave. For one thread.
 */
public final class Reconciler {
    private static final Logger LOG = Logger.getLogger(Reconciler.class);
    private static final int MOST_DOUBLINGS = 6;

    private final Jobs jobs;
    private final Datasets datasets;
    private final LeaseTimes times;
    private final Duration grace;
    private final Announcements announcements;
    private final Clock clock;
    private final Set<JobId> cleared = new HashSet<>();
    private final Map<JobId, Nudge> nudges = new HashMap<>();

    /**
     * A job that was asked for again.
     *
     * @param entry the journal's number at that time
     * @param count how often, at that number
     */
    private record Nudge(int entry, int count, Instant at) {}

    /**
     * Made; {@link #look} does the work.
     *
     * @param grace how long a job may be without a sign of life before it is asked for again
     */
    public Reconciler(
            Jobs jobs, Datasets datasets, LeaseTimes times, Duration grace, Announcements announcements, Clock clock) {
        this.jobs = jobs;
        this.datasets = datasets;
        this.times = times;
        this.grace = grace;
        this.announcements = announcements;
        this.clock = clock;
    }

    /** Looks once. One job's trouble does not keep it from the others; a store that is away ends the look. */
    public void look() {
        try {
            for (JobId id : jobs.list()) {
                if (!cleared.contains(id)) {
                    look(id);
                }
            }
        } catch (ScanstreamException e) {
            LOG.warnf("looking through the jobs: %s", e.getMessage());
        }
    }

    private void look(JobId id) {
        try {
            Optional<Journal.Entry<JobState>> head = jobs.journal(id).head();
            if (head.isEmpty()) {
                // Its first entry is being written.
                return;
            }
            if (head.get().value().status().ended()) {
                clear(head.get().value());
                cleared.add(id);
                nudges.remove(id);
            } else {
                nudgeIfSilent(head.get());
            }
        } catch (ScanstreamException e) {
            if (e.code().retryable()) {
                throw e;
            }
            LOG.errorf("job %s: %s", id, e.getMessage());
        }
    }

    private void nudgeIfSilent(Journal.Entry<JobState> head) {
        JobState state = head.value();
        Instant now = clock.instant();
        Instant aliveUntil = state.status() == JobStatus.RUNNING ? Claims.aliveUntil(jobs, state, times) : state.at();
        if (now.isBefore(aliveUntil.plus(grace))) {
            return;
        }
        Nudge last = nudges.get(state.id());
        int count = last == null || last.entry() != head.number() ? 0 : last.count();
        // A job may only wait for a trainer that is free: asking ever more often would fill the topic.
        if (count > 0 && now.isBefore(pauseAfter(last, count))) {
            return;
        }
        LOG.infof("job %s: %s, nobody works on it since %s; asking again", state.id(), state.status(), aliveUntil);
        announcements.request(nudge(state));
        nudges.put(state.id(), new Nudge(head.number(), count + 1, now));
    }

    private Instant pauseAfter(@Nullable Nudge last, int count) {
        Duration pause = grace.multipliedBy(1L << Math.min(count - 1, MOST_DOUBLINGS));
        return last == null ? Instant.MIN : last.at().plus(pause);
    }

    private static TrainingMessage nudge(JobState state) {
        if (state.slice() > 1) {
            return new TrainingMessage.TrainingContinued(state.id(), state.slice());
        }
        return state.kind() == JobKind.INGEST
                ? new TrainingMessage.IngestRequested(state.id())
                : new TrainingMessage.TrainingRequested(state.id());
    }

    /** Checkpoints that the last entry does not name, and an upload that was read or will not be. */
    private void clear(JobState ended) {
        jobs.deleteCheckpointsExcept(ended.id(), Optional.ofNullable(ended.checkpoint()));
        if (ended.work() instanceof JobState.Ingest ingest) {
            datasets.deleteUpload(ingest.dataset());
        }
    }
}
