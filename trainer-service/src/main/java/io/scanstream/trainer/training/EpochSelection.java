package io.scanstream.trainer.training;

import io.scanstream.contracts.recipe.Metric;
import io.scanstream.contracts.recipe.Recipe;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Which epoch is the best, and whether it is time to stop. Both follow from the history alone. */
final class EpochSelection {
    private final Metric metric;
    private final Recipe.Keep keep;
    private final Recipe.@Nullable EarlyStopping stopping;

    EpochSelection(Recipe.Training training) {
        this.metric = training.bestMetric();
        this.keep = training.keep();
        this.stopping = training.earlyStopping();
    }

    /**
     * By the recipe's metric; of equals the lower loss. Where the last epoch is to be kept, that is the better one. A loss
     * that is no number is better than nothing only.
     */
    boolean isBetter(EpochRecord epoch, Optional<EpochRecord> best) {
        if (best.isEmpty()) {
            return true;
        }
        if (keep == Recipe.Keep.LAST) {
            return Double.isFinite(epoch.validationLoss());
        }
        double gain = gain(metric, epoch, best.get());
        return gain > 0 || (gain == 0 && gain(Metric.LOSS, epoch, best.get()) > 0);
    }

    /** Whether the recipe's patience is over. */
    boolean isTimeToStop(List<EpochRecord> history) {
        if (stopping == null || history.isEmpty()) {
            return false;
        }
        EpochRecord best = history.get(0);
        for (EpochRecord epoch : history) {
            if (gain(stopping.metric(), epoch, best) > stopping.minDelta()) {
                best = epoch;
            }
        }
        return history.get(history.size() - 1).epoch() - best.epoch() >= stopping.patience();
    }

    private static double gain(Metric metric, EpochRecord epoch, EpochRecord before) {
        double value = epoch.validation(metric);
        double reference = before.validation(metric);
        if (!Double.isFinite(reference)) {
            return Double.isFinite(value) ? 1 : 0;
        }
        return metric.gain(value, reference);
    }
}
