package io.scanstream.trainer.training;

import io.scanstream.contracts.recipe.Recipe;
import io.scanstream.trainer.network.Precision;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How far a training is, {@code state.json} of a checkpoint. Random numbers, order of the images and learning rate follow
 * from the recipe and this position, so there is no other state than weights, their average and optimizer.
 *
 * @param recipe that is being trained; one that an older release wrote gets the newer fields' defaults
 * @param epoch epochs completed
 * @param step steps completed within the epoch under way
 * @param lossSum over the images of the epoch under way
 * @param lossImages images in that sum
 * @param skippedSteps of the epoch under way, whose loss was not finite
 * @param secondsInEpoch that the epoch under way has taken so far
 * @param history one record per completed epoch
 * @param precision that the training was begun with, and goes on with on any device
 * @param averaged whether the training keeps an average of the weights
 * @param bestEpoch whose weights are in {@code best.safetensors}; absent before the first epoch's end
 */
public record TrainingState(
        Recipe recipe,
        int epoch,
        int step,
        double lossSum,
        long lossImages,
        int skippedSteps,
        double secondsInEpoch,
        List<EpochRecord> history,
        Precision precision,
        boolean averaged,
        @Nullable Integer bestEpoch) {
    public TrainingState {
        history = List.copyOf(history);
    }

    static TrainingState start(Recipe recipe, Precision precision) {
        boolean averaged = recipe.training().averageDecay() != null;
        return new TrainingState(recipe, 0, 0, 0, 0, 0, 0, List.of(), precision, averaged, null);
    }

    /** A step further; a loss that is not finite is counted, not added. */
    TrainingState afterStep(double loss, int images, double seconds) {
        boolean finite = Double.isFinite(loss);
        return new TrainingState(
                recipe,
                epoch,
                step + 1,
                finite ? lossSum + loss * images : lossSum,
                finite ? lossImages + images : lossImages,
                finite ? skippedSteps : skippedSteps + 1,
                secondsInEpoch + seconds,
                history,
                precision,
                averaged,
                bestEpoch);
    }

    /** At the start of the next epoch. */
    TrainingState afterEpoch(EpochRecord completed, boolean best) {
        List<EpochRecord> longer = new ArrayList<>(history);
        longer.add(completed);
        return new TrainingState(
                recipe,
                epoch + 1,
                0,
                0,
                0,
                0,
                0,
                longer,
                precision,
                averaged,
                best ? Integer.valueOf(completed.epoch()) : bestEpoch);
    }

    /** Mean over the images of the epoch under way. */
    double loss() {
        return lossSum / Math.max(1, lossImages);
    }

    /** The best epoch so far; absent before the first epoch's end. */
    Optional<EpochRecord> best() {
        return bestEpoch == null ? Optional.empty() : Optional.of(history.get(bestEpoch - 1));
    }

    /** For people: {@code epoch 3, step 120}. */
    public String position() {
        return "epoch " + (epoch + 1) + ", step " + step;
    }
}
