package io.scanstream.gateway.trainings;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.api.TrainingView;
import io.scanstream.contracts.job.JobId;
import io.scanstream.contracts.job.JobState;
import io.scanstream.contracts.job.JobStatus;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.contracts.training.TrainingEvent;
import io.scanstream.gateway.jobs.JobBoard;
import io.scanstream.gateway.messaging.Outbox;
import io.scanstream.storage.Jobs;
import io.scanstream.storage.Journal;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Training jobs as the store has them, and their cancelling. */
public final class Trainings {
    private final Jobs jobs;
    private final JobBoard board;
    private final Outbox events;

    /**
     * Shows and cancels.
     *
     * @param events writes to {@code training.events}
     */
    public Trainings(Jobs jobs, JobBoard board, Outbox events) {
        this.jobs = jobs;
        this.board = board;
        this.events = events;
    }

    /** Every training, newest first, without histories. */
    List<TrainingView> list(Predicate<JobState> wanted) {
        return board.all().stream()
                .filter(job -> job.work() instanceof JobState.Training && wanted.test(job))
                .map(job -> view(job, null))
                .toList();
    }

    /** One training with its history. */
    TrainingView get(JobId id) {
        return view(find(id));
    }

    /** A training with its history. */
    public TrainingView view(JobState job) {
        return view(job, jobs.history(job.id()));
    }

    /**
     * A training's state.
     *
     * @throws ScanstreamException {@code UNKNOWN_JOB}, for ingest jobs too
     */
    JobState find(JobId id) {
        return board.find(id)
                .filter(job -> job.work() instanceof JobState.Training)
                .orElseThrow(() -> new ScanstreamException(ErrorCode.UNKNOWN_JOB, "There is no training " + id + "."));
    }

    /**
     * Cancels a training: the journal says so from then on, and the event only hurries its trainer.
     *
     * @throws ScanstreamException {@code UNKNOWN_JOB}; {@code ALREADY_ENDED}
     */
    public TrainingView cancel(JobId id) {
        find(id);
        Optional<JobState> cancelled = cancelFor(id, "Cancelled over the API.");
        if (cancelled.isEmpty()) {
            JobStatus status = board.refresh(id).map(JobState::status).orElse(JobStatus.CANCELLED);
            throw new ScanstreamException(
                    ErrorCode.ALREADY_ENDED, "Training " + id + " is " + status + "; it cannot be cancelled any more.");
        }
        return view(cancelled.get());
    }

    /** Cancels a training for a reason; empty if it has ended. */
    public Optional<JobState> cancelFor(JobId id, String reason) {
        Optional<Journal.Entry<JobState>> cancelled = jobs.journal(id)
                .update(head -> head.filter(entry -> !entry.value().status().ended())
                        .map(entry -> entry.value().cancelled(reason, Instant.now())));
        return cancelled.map(entry -> {
            JobState state = board.put(id, entry);
            events.nudge(id.toString(), new TrainingEvent.TrainingCancelled(id, reason, state.at()));
            return state;
        });
    }

    private TrainingView view(JobState job, @Nullable List<TrainingEvent.EpochCompleted> history) {
        JobState.Training training = (JobState.Training) job.work();
        @Nullable Integer epoch = null;
        TrainingEvent.@Nullable EpochCompleted best = null;
        if (history != null) {
            for (TrainingEvent.EpochCompleted completed : history) {
                epoch = completed.epoch();
                best = completed.best() ? completed : best;
            }
        }
        JobState.@Nullable Owner owner = job.owner();
        return new TrainingView(
                job.id(),
                job.status(),
                training.model(),
                training.dataset(),
                training.recipe().name(),
                training.recipe().training().epochs(),
                job.slice(),
                job.attempts(),
                owner == null ? null : owner.trainer(),
                epoch,
                best,
                job.status() == JobStatus.RUNNING ? board.progress(job.id()).orElse(null) : null,
                history,
                job.status() == JobStatus.SUCCEEDED ? ModelVersion.of(training.model(), job.id()) : null,
                job.errorCode(),
                job.reason(),
                job.createdAt(),
                job.at());
    }
}
