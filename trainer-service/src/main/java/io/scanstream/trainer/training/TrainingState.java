package io.scanstream.trainer.training;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How far a training is, {@code state.json} of a checkpoint. Random numbers, order of the images and learning rate follow
 * from the recipe and this position, so there is no other state than weights and optimizer.
 *
 * @param recipeSha256 of the recipe that is being trained
 * @param epoch epochs completed
 * @param step steps completed within the epoch under way
 * @param lossSum over the images of the epoch under way
 * @param lossImages images in that sum
 * @param skippedSteps of the epoch under way, whose loss was not finite
 * @param secondsInEpoch that the epoch under way has taken so far
 * @param history one record per completed epoch
 * @param bestEpoch whose weights are in {@code best.safetensors}; absent before the first epoch's end
 */
public record TrainingState(
        String recipeSha256,
        int epoch,
        int step,
        double lossSum,
        long lossImages,
        int skippedSteps,
        double secondsInEpoch,
        List<EpochRecord> history,
        @Nullable Integer bestEpoch) {
    public TrainingState {
        history = List.copyOf(history);
    }

    /** For people: {@code epoch 3, step 120}. */
    public String position() {
        return "epoch " + (epoch + 1) + ", step " + step;
    }
}
