package io.scanstream.trainer.training;

import io.scanstream.contracts.recipe.Metric;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What one epoch gave; part of the history that checkpoints and packages carry.
 *
 * @param epoch counts from 1
 * @param trainLoss mean over the images, while the weights moved
 * @param validation figures on the validation split after the epoch, by {@link Metric#key}; {@code loss} and {@code
 *     accuracy} among them
 * @param classesDecided how many classes the validation split was decided for at all
 * @param skippedSteps whose loss or gradient was not finite
 * @param imagesPerSecond of training, input pipeline included
 * @param inputImagesPerSecond that the input pipeline alone can make; training waits for it where this is the lower one
 */
public record EpochRecord(
        int epoch,
        double trainLoss,
        Map<String, Double> validation,
        int classesDecided,
        int skippedSteps,
        double imagesPerSecond,
        double inputImagesPerSecond) {
    public EpochRecord {
        validation = Collections.unmodifiableMap(new LinkedHashMap<>(validation));
    }

    /** A figure on the validation split; NaN where it could not be computed. */
    public double validation(Metric metric) {
        return validation.getOrDefault(metric.key(), Double.NaN);
    }

    public double validationLoss() {
        return validation(Metric.LOSS);
    }

    public double validationAccuracy() {
        return validation(Metric.ACCURACY);
    }
}
