package io.scanstream.contracts.api;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.dataset.DatasetVersion;
import io.scanstream.contracts.job.JobId;
import io.scanstream.contracts.job.JobStatus;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.contracts.training.TrainingEvent.EpochCompleted;
import io.scanstream.contracts.training.TrainingEvent.TrainingProgressed;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A training job: the answer to {@code POST /trainings} (202, with its address in {@code Location}), {@code GET
 * /trainings/{id}} and its cancelling; {@code GET /trainings} answers a list of these without their histories, newest
 * first.
 *
 * @param recipe the recipe's name
 * @param epochs the recipe's epochs
 * @param slice counts from 1
 * @param attempts processes that died since the last progress
 * @param trainer who works on it, while it is {@code RUNNING}
 * @param epoch the last one that ended; absent before the first
 * @param best the epoch whose weights are kept so far
 * @param progress within an epoch, the newest that was heard of while it is {@code RUNNING}
 * @param history every epoch, oldest first; absent in lists
 * @param result the model version that is published, on {@code SUCCEEDED}
 * @param code why it ended without a result
 * @param reason why it ended without a result, for people
 * @param updatedAt of the newest journal entry
 */
public record TrainingView(
        JobId id,
        JobStatus status,
        String model,
        DatasetVersion dataset,
        String recipe,
        int epochs,
        int slice,
        int attempts,
        @Nullable String trainer,
        @Nullable Integer epoch,
        @Nullable EpochCompleted best,
        @Nullable TrainingProgressed progress,
        @Nullable List<EpochCompleted> history,
        @Nullable ModelVersion result,
        @Nullable ErrorCode code,
        @Nullable String reason,
        Instant createdAt,
        Instant updatedAt) {
    public TrainingView {
        history = history == null ? null : List.copyOf(history);
    }
}
