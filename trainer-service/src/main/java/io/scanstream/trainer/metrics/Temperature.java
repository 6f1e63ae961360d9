package io.scanstream.trainer.metrics;

import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Temperature scaling (Guo et al., On Calibration of Modern Neural Networks, 2017): logits are divided by one number before
 * the softmax, fitted so that the validation images' log loss is least. Decisions stay as they are.
 */
public final class Temperature {
    /** No change. */
    public static final double NONE = 1;

    private static final double MOST = 20;
    private static final int FOLDS = 5;
    private static final int GRID = 60;
    private static final int REFINEMENTS = 40;
    /** A folds' order that does not depend on the order of the data. */
    private static final long SEED = 0x7e3b;

    /**
     * Fits a temperature. A weak prior around {@link #NONE}, one standard deviation for a factor of e, keeps it finite where
     * every image is right. It is taken only where it also lowers the log loss of images that it was not fitted on, over
     * five folds; else {@link #NONE}.
     *
     * @param logits {@code [images][classes]}
     * @param labels true class of each image
     * @return 1/20 to 20
     */
    public static double fit(float[][] logits, int[] labels) {
        if (labels.length < 2 * FOLDS) {
            return NONE;
        }
        int[] order = shuffled(labels.length);
        double before = 0;
        double after = 0;
        for (int fold = 0; fold < FOLDS; fold++) {
            int out = fold;
            int[] fitted = IntStream.range(0, order.length)
                    .filter(i -> i % FOLDS != out)
                    .map(i -> order[i])
                    .toArray();
            int[] held = IntStream.range(0, order.length)
                    .filter(i -> i % FOLDS == out)
                    .map(i -> order[i])
                    .toArray();
            double temperature = fit(logits, labels, fitted);
            before += loss(logits, labels, held, NONE);
            after += loss(logits, labels, held, temperature);
        }
        return after < before ? fit(logits, labels, order) : NONE;
    }

    /**
     * The probabilities that logits stand for.
     *
     * @param logits {@code [images][classes]}
     */
    public static float[][] probabilities(float[][] logits, double temperature) {
        float[][] probabilities = new float[logits.length][];
        for (int i = 0; i < logits.length; i++) {
            double normaliser = logSumExp(logits[i], temperature);
            probabilities[i] = new float[logits[i].length];
            for (int k = 0; k < logits[i].length; k++) {
                probabilities[i][k] = (float) Math.exp(logits[i][k] / temperature - normaliser);
            }
        }
        return probabilities;
    }

    /**
     * The single logit of a positive class as one logit for each of two classes.
     *
     * @param logits {@code [images][1]}
     * @param positive index of the class that it speaks for
     */
    public static float[][] ofTwo(float[][] logits, int positive) {
        float[][] both = new float[logits.length][2];
        for (int i = 0; i < logits.length; i++) {
            both[i][positive] = logits[i][0];
        }
        return both;
    }

    /** Along the logarithm: a grid, then golden-section steps around its best point. */
    private static double fit(float[][] logits, int[] labels, int[] images) {
        double reach = Math.log(MOST);
        double step = 2 * reach / GRID;
        double best = 0;
        double least = penalised(logits, labels, images, 0);
        for (int i = 0; i <= GRID; i++) {
            double at = -reach + i * step;
            double value = penalised(logits, labels, images, at);
            if (value < least) {
                least = value;
                best = at;
            }
        }
        double low = Math.max(-reach, best - step);
        double high = Math.min(reach, best + step);
        double ratio = (Math.sqrt(5) - 1) / 2;
        for (int i = 0; i < REFINEMENTS; i++) {
            double left = high - ratio * (high - low);
            double right = low + ratio * (high - low);
            if (penalised(logits, labels, images, left) < penalised(logits, labels, images, right)) {
                high = right;
            } else {
                low = left;
            }
        }
        return Math.exp((low + high) / 2);
    }

    private static double penalised(float[][] logits, int[] labels, int[] images, double logTemperature) {
        return loss(logits, labels, images, Math.exp(logTemperature)) + logTemperature * logTemperature / 2;
    }

    /** The sum over the images. */
    private static double loss(float[][] logits, int[] labels, int[] images, double temperature) {
        double sum = 0;
        for (int i : images) {
            sum += logSumExp(logits[i], temperature) - logits[i][labels[i]] / temperature;
        }
        return sum;
    }

    private static double logSumExp(float[] logits, double temperature) {
        double highest = Double.NEGATIVE_INFINITY;
        for (float logit : logits) {
            highest = Math.max(highest, logit / temperature);
        }
        double sum = 0;
        for (float logit : logits) {
            sum += Math.exp(logit / temperature - highest);
        }
        return highest + Math.log(sum);
    }

    private static int[] shuffled(int length) {
        int[] order = IntStream.range(0, length).toArray();
        SplittableRandom random = new SplittableRandom(SEED);
        for (int i = length - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            int kept = order[i];
            order[i] = order[j];
            order[j] = kept;
        }
        return order;
    }

    private Temperature() {}
}
