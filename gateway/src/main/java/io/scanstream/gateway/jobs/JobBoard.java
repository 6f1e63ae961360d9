package io.scanstream.gateway.jobs;

import io.scanstream.contracts.job.JobId;
import io.scanstream.contracts.job.JobState;
import io.scanstream.contracts.training.TrainingEvent;
import io.scanstream.storage.Jobs;
import io.scanstream.storage.Journal;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Every job's state in memory, read from the journals: all of them at start and every 30 seconds, one of them whenever an
 * event says that it has changed. A job that is not here is looked for in the store, so that every replica knows a job as
 * soon as any of them has answered for it. Thread-safe.
 */
public final class JobBoard {
    private final Jobs jobs;
    private final Map<JobId, Journal.Entry<JobState>> heads = new ConcurrentHashMap<>();
    private final Map<JobId, TrainingEvent.TrainingProgressed> progress = new ConcurrentHashMap<>();

    public JobBoard(Jobs jobs) {
        this.jobs = jobs;
    }

    /** Reads every job that is new or has not ended. */
    public void refresh() {
        for (JobId id : jobs.list()) {
            Journal.@Nullable Entry<JobState> known = heads.get(id);
            if (known == null || !known.value().status().ended()) {
                refresh(id);
            }
        }
    }

    /** Reads one job's journal. */
    public Optional<JobState> refresh(JobId id) {
        return jobs.journal(id).head().map(head -> put(id, head));
    }

    /** Takes in an entry that was just read or made; an older one than is known changes nothing. */
    public JobState put(JobId id, Journal.Entry<JobState> entry) {
        JobState state = heads.merge(id, entry, (old, fresh) -> fresh.number() >= old.number() ? fresh : old)
                .value();
        if (state.status().ended()) {
            progress.remove(id);
        }
        return state;
    }

    /** Takes in an event: reads the journal again if it says more than how far an epoch is. */
    public void saw(TrainingEvent event) {
        if (event instanceof TrainingEvent.TrainingProgressed progressed) {
            Journal.@Nullable Entry<JobState> head = heads.get(event.jobId());
            if (head == null || !head.value().status().ended()) {
                progress.put(event.jobId(), progressed);
            }
        } else if (!(event instanceof TrainingEvent.IngestProgressed)) {
            refresh(event.jobId());
        }
    }

    /** A job's state: from memory, or from the store if it is not known here. */
    public Optional<JobState> find(JobId id) {
        Journal.@Nullable Entry<JobState> head = heads.get(id);
        return head == null ? refresh(id) : Optional.of(head.value());
    }

    /** The newest report from within an epoch of a job that runs. */
    public Optional<TrainingEvent.TrainingProgressed> progress(JobId id) {
        return Optional.ofNullable(progress.get(id));
    }

    /** Every job that is known, newest first. */
    public List<JobState> all() {
        return heads.values().stream()
                .map(Journal.Entry::value)
                .sorted(Comparator.comparing(JobState::id).reversed())
                .toList();
    }
}
