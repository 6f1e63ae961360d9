package io.scanstream.contracts.job;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.dataset.Amendment;
import io.scanstream.contracts.dataset.DatasetVersion;
import io.scanstream.contracts.recipe.Recipe;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One entry of a job's journal, {@code jobs/<id>/state/<n>.json}. The entry with the highest number is the job's state;
 * each is whole, so that no reader needs the ones before it.
 *
 * <pre>
 *            claim                  end of work
 *   QUEUED ─────────▶ RUNNING ───────────────────▶ SUCCEEDED | FAILED
 *     ▲   ◀───────────  │  ▲ │ checkpoint: RUNNING, same owner
 *     │    end of slice │  └─┘
 *     └── lease expired ┘ (another trainer claims: RUNNING, new owner, attempts + 1)
 *   QUEUED | RUNNING ───▶ CANCELLED
 * </pre>
 *
 * @param work what is to be done; the same in every entry
 * @param slice counts from 1; a message for an earlier slice is out of date
 * @param owner who works on it, while it is {@code RUNNING}
 * @param checkpoint the object prefix of the newest checkpoint that counts
 * @param step how far the checkpoint is, for people and for counting attempts
 * @param attempts processes that died since the last progress
 * @param result the data set or model version that came out, on {@code SUCCEEDED}
 */
public record JobState(
        JobId id,
        Work work,
        JobStatus status,
        int slice,
        @Nullable Owner owner,
        @Nullable String checkpoint,
        @Nullable String step,
        int attempts,
        @Nullable String result,
        @Nullable ErrorCode errorCode,
        @Nullable String reason,
        Instant createdAt,
        Instant at) {

    /** What a job does, with all it needs to know. */
    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
    @JsonSubTypes({
        @JsonSubTypes.Type(value = Ingest.class, name = "ingest"),
        @JsonSubTypes.Type(value = Training.class, name = "training")
    })
    public sealed interface Work permits Ingest, Training {}

    /**
     * Turns an upload into a data set version, or amends an earlier version by a scan.
     *
     * @param uploadKey the object that holds the upload: a zip or a tar of a data set's folder, or the scan that is added
     * @param amendment absent: the upload is the data set
     */
    public record Ingest(
            DatasetVersion dataset,
            String uploadKey,
            @Nullable Amendment amendment) implements Work {
        /** Of a data set that is uploaded whole. */
        public Ingest(DatasetVersion dataset, String uploadKey) {
            this(dataset, uploadKey, null);
        }
    }

    /** Trains a recipe on a data set version and publishes the result as a version of the named model. */
    public record Training(String model, DatasetVersion dataset, Recipe recipe) implements Work {}

    /**
     * Who works on a job.
     *
     * @param token new for every claim: it fences what an earlier owner may still write
     * @param trainer the name of the process, for people
     */
    public record Owner(String token, String trainer) {}

    /** The first entry of a journal. */
    public static JobState queued(JobId id, Work work, Instant now) {
        return new JobState(id, work, JobStatus.QUEUED, 1, null, null, null, 0, null, null, null, now, now);
    }

    /** Taken by a trainer; {@code died} if the owner before it let its lease expire. */
    public JobState claimed(Owner newOwner, boolean died, Instant now) {
        return open(JobStatus.RUNNING, slice, newOwner, checkpoint, step, died ? attempts + 1 : attempts, now);
    }

    /** A checkpoint that counts from now on; progress, which is another step, clears the attempts. */
    public JobState checkpointed(String newCheckpoint, String newStep, Instant now) {
        return open(JobStatus.RUNNING, slice, owner, newCheckpoint, newStep, newStep.equals(step) ? attempts : 0, now);
    }

    /** The end of a slice: nobody's, and one slice further. */
    public JobState released(Instant now) {
        return open(JobStatus.QUEUED, slice + 1, null, checkpoint, step, attempts, now);
    }

    public JobState succeeded(String newResult, Instant now) {
        return ended(JobStatus.SUCCEEDED, null, newResult, null, null, now);
    }

    public JobState failed(ErrorCode code, String newReason, Instant now) {
        return ended(JobStatus.FAILED, checkpoint, null, code, newReason, now);
    }

    public JobState cancelled(String newReason, Instant now) {
        return ended(JobStatus.CANCELLED, checkpoint, null, ErrorCode.CANCELLED, newReason, now);
    }

    private JobState open(
            JobStatus newStatus,
            int newSlice,
            @Nullable Owner newOwner,
            @Nullable String newCheckpoint,
            @Nullable String newStep,
            int newAttempts,
            Instant now) {
        return new JobState(
                id,
                work,
                newStatus,
                newSlice,
                newOwner,
                newCheckpoint,
                newStep,
                newAttempts,
                null,
                null,
                null,
                createdAt,
                now);
    }

    private JobState ended(
            JobStatus newStatus,
            @Nullable String newCheckpoint,
            @Nullable String newResult,
            @Nullable ErrorCode code,
            @Nullable String newReason,
            Instant now) {
        return new JobState(
                id,
                work,
                newStatus,
                slice,
                null,
                newCheckpoint,
                step,
                attempts,
                newResult,
                code,
                newReason,
                createdAt,
                now);
    }

    public boolean ownedBy(String token) {
        return status == JobStatus.RUNNING && owner != null && owner.token().equals(token);
    }

    public JobKind kind() {
        return work instanceof Ingest ? JobKind.INGEST : JobKind.TRAINING;
    }
}
