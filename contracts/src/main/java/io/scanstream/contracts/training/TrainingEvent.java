package io.scanstream.contracts.training;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.dataset.DatasetVersion;
import io.scanstream.contracts.job.JobId;
import io.scanstream.contracts.model.ModelCard;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a trainer tells of a job, on {@code training.events}. Each is a nudge or a picture: what is, is in the journal. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
    @JsonSubTypes.Type(value = TrainingEvent.TrainingAccepted.class, name = "TrainingAccepted"),
    @JsonSubTypes.Type(value = TrainingEvent.WeightsLoaded.class, name = "WeightsLoaded"),
    @JsonSubTypes.Type(value = TrainingEvent.TrainingProgressed.class, name = "TrainingProgressed"),
    @JsonSubTypes.Type(value = TrainingEvent.EpochCompleted.class, name = "EpochCompleted"),
    @JsonSubTypes.Type(value = TrainingEvent.SliceCompleted.class, name = "SliceCompleted"),
    @JsonSubTypes.Type(value = TrainingEvent.TrainingDelayed.class, name = "TrainingDelayed"),
    @JsonSubTypes.Type(value = TrainingEvent.IngestProgressed.class, name = "IngestProgressed"),
    @JsonSubTypes.Type(value = TrainingEvent.DatasetReady.class, name = "DatasetReady"),
    @JsonSubTypes.Type(value = TrainingEvent.TrainingSucceeded.class, name = "TrainingSucceeded"),
    @JsonSubTypes.Type(value = TrainingEvent.TrainingFailed.class, name = "TrainingFailed"),
    @JsonSubTypes.Type(value = TrainingEvent.TrainingCancelled.class, name = "TrainingCancelled")
})
public sealed interface TrainingEvent {
    JobId jobId();

    Instant at();

    /**
     * A trainer has claimed the job.
     *
     * @param resumedAt how far the checkpoint is that it goes on from; absent on a fresh start
     */
    record TrainingAccepted(
            JobId jobId,
            String trainer,
            int slice,
            @Nullable String resumedAt,
            Instant at) implements TrainingEvent {}

    /**
     * The network has begun with weights that were trained elsewhere. Weights that do not fit end the job instead.
     *
     * @param weights their name, as the recipe says it
     * @param loaded names of the parameters and running statistics that were taken from them
     * @param fresh names of those that were not: a new head's, and what the recipe leaves out
     * @param unexpected names of the file's tensors that the network has no use for
     */
    record WeightsLoaded(
            JobId jobId, String weights, List<String> loaded, List<String> fresh, List<String> unexpected, Instant at)
            implements TrainingEvent {
        public WeightsLoaded {
            loaded = List.copyOf(loaded);
            fresh = List.copyOf(fresh);
            unexpected = List.copyOf(unexpected);
        }
    }

    /**
     * Within an epoch.
     *
     * @param epoch counts from 1
     * @param step the optimizer step within the epoch, counts from 1
     * @param imagesPerSecond over the last seconds, input pipeline included
     * @param etaSeconds to the end of the last epoch, at this rate
     */
    record TrainingProgressed(
            JobId jobId,
            int epoch,
            int epochs,
            int step,
            int stepsPerEpoch,
            double loss,
            double imagesPerSecond,
            double etaSeconds,
            Instant at)
            implements TrainingEvent {}

    /**
     * An epoch has ended.
     *
     * @param metrics by name, for instance {@code validationLoss}, {@code validationAccuracy}
     * @param best whether these are the best weights so far
     */
    record EpochCompleted(
            JobId jobId,
            int epoch,
            int epochs,
            double trainLoss,
            Map<String, Double> metrics,
            boolean best,
            double imagesPerSecond,
            double etaSeconds,
            Instant at)
            implements TrainingEvent {
        public EpochCompleted {
            metrics = Collections.unmodifiableMap(new LinkedHashMap<>(metrics));
        }

        /**
         * The name in {@code metrics} of a figure on the validation split.
         *
         * @param figure for instance {@code loss}, as {@link io.scanstream.contracts.recipe.Metric#key} has it
         */
        public static String onValidation(String figure) {
            return "validation" + figure.substring(0, 1).toUpperCase(Locale.ROOT) + figure.substring(1);
        }
    }

    /** A slice has ended with a checkpoint; the job is queued again. */
    record SliceCompleted(JobId jobId, int slice, @Nullable String step, Instant at) implements TrainingEvent {}

    /** A job, ingest or training, waits for something that is away or full; it goes on by itself. */
    record TrainingDelayed(JobId jobId, ErrorCode code, String reason, Instant at) implements TrainingEvent {}

    /** Files read of an upload so far. */
    record IngestProgressed(JobId jobId, int files, int rejected, Instant at) implements TrainingEvent {}

    /** An ingest job has ended well. */
    record DatasetReady(JobId jobId, DatasetVersion dataset, int images, int rejected, Instant at)
            implements TrainingEvent {}

    /**
     * A training job has ended well and its model version is published.
     *
     * @param warnings the {@link ModelCard#warnings}; left out where there is nothing
     */
    record TrainingSucceeded(
            JobId jobId,
            String model,
            String version,
            Map<String, Double> testMetrics,
            @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> warnings,
            Instant at)
            implements TrainingEvent {
        public TrainingSucceeded {
            warnings = warnings == null ? List.of() : List.copyOf(warnings);
            testMetrics = Collections.unmodifiableMap(new LinkedHashMap<>(testMetrics));
        }
    }

    /** A job, ingest or training, has ended without a result. */
    record TrainingFailed(JobId jobId, ErrorCode code, String reason, Instant at) implements TrainingEvent {}

    record TrainingCancelled(JobId jobId, String reason, Instant at) implements TrainingEvent {}

    /** Whether this is a job's last event. */
    default boolean ends() {
        return this instanceof DatasetReady
                || this instanceof TrainingSucceeded
                || this instanceof TrainingFailed
                || this instanceof TrainingCancelled;
    }
}
