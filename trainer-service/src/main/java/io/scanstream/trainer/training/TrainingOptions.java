package io.scanstream.trainer.training;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a training runs on this machine; nothing here changes its result.
 *
 * @param workFolder for checkpoints and the best weights; made if absent, the caller deletes it
 * @param checkpointEvery the longest time between two checkpoints within an epoch; absent, none is written but the one
 *     that a stop leaves
 * @param progressEvery time between two progress messages within an epoch
 * @param loaderThreads that decode and augment
 */
public record TrainingOptions(
        Path workFolder, @Nullable Duration checkpointEvery, Duration progressEvery, int loaderThreads) {

    /** Checkpoints at every epoch's end and every 5 minutes, progress every 2 seconds, a loader thread per core. */
    public static TrainingOptions in(Path workFolder) {
        return new TrainingOptions(
                workFolder,
                Duration.ofMinutes(5),
                Duration.ofSeconds(2),
                Runtime.getRuntime().availableProcessors());
    }

    public TrainingOptions withoutCheckpoints() {
        return new TrainingOptions(workFolder, null, progressEvery, loaderThreads);
    }
}
