package io.scanstream.trainer.training;

import io.scanstream.contracts.recipe.Recipe;
import io.scanstream.trainer.data.Batch;
import io.scanstream.trainer.data.BatchLoader;
import io.scanstream.trainer.data.Sample;
import io.scanstream.trainer.network.Network;
import java.util.List;
import java.util.Optional;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;

/** Measures a network on the validation split, natively, and tells whether an epoch is better than the best before. */
@SuppressWarnings("try") // scopes and guards act by being open
final class Validator {
    private final Network network;
    private final Objective objective;
    private final BatchLoader loader;
    private final List<Sample> samples;

    /**
     * What a network does on the validation split.
     *
     * @param loss mean over the images
     * @param accuracy share of right decisions
     */
    record Figures(double loss, double accuracy) {}

    Validator(Network network, Objective objective, BatchLoader loader, List<Sample> samples) {
        this.network = network;
        this.objective = objective;
        this.loader = loader;
        this.samples = samples;
    }

    Figures measure() throws InterruptedException {
        double lossSum = 0;
        long right = 0;
        try (NoGradGuard guard = new NoGradGuard();
                BatchLoader.BatchStream batches = loader.inOrder(samples)) {
            while (batches.hasNext()) {
                try (Batch batch = batches.next();
                        PointerScope scope = new PointerScope()) {
                    Tensor logits = network.forward(batch.pixels(), batch.size(), false);
                    Tensor labels = objective.labels(batch.labels());
                    lossSum += objective.loss(logits, labels).item_double() * batch.size();
                    right += objective.correct(logits, labels);
                }
            }
        }
        return new Figures(lossSum / samples.size(), (double) right / samples.size());
    }

    /** By the recipe's metric; of equal accuracies the lower loss. A loss that is not finite is better than nothing only. */
    static boolean isBetter(EpochRecord epoch, Optional<EpochRecord> best, Recipe.BestMetric metric) {
        if (best.isEmpty()) {
            return true;
        }
        if (!Double.isFinite(epoch.validationLoss())) {
            return false;
        }
        EpochRecord before = best.get();
        boolean lowerLoss = !(epoch.validationLoss() >= before.validationLoss());
        if (metric == Recipe.BestMetric.LOSS) {
            return lowerLoss;
        }
        int byAccuracy = Double.compare(epoch.validationAccuracy(), before.validationAccuracy());
        return byAccuracy > 0 || (byAccuracy == 0 && lowerLoss);
    }
}
