package io.scanstream.contracts.model;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Generated images with the scores that a model must give for them, {@code golden/golden.json} in the package. No image is
 * a patient's.
 *
 * @param cases covering every class's decision where one can be reached, and odd sizes
 */
public record Golden(List<Case> cases) {

    /**
     * One image as encoded bytes and its scores from ONNX Runtime on CPU.
     *
     * @param file beside {@code golden.json}
     * @param logits the raw head; of a segmenter, for each output its values at {@link #samplePoints}
     * @param probabilities in class order; of a segmenter, their means over the pixels
     * @param decision the class decided for; of a segmenter, the one that most pixels are decided for
     * @param distance the output {@link OnnxMetadata#OUTPUT_DISTANCE}; absent where the model has none
     * @param maskFile beside {@code golden.json}, a grey PNG of the network's input size whose values are the indices of
     *     the classes that the pixels are decided for; of a segmenter only
     */
    public record Case(
            String file,
            List<Double> logits,
            List<Double> probabilities,
            String decision,
            @Nullable Double distance,
            @Nullable String maskFile) {
        public Case {
            logits = List.copyOf(logits);
            probabilities = List.copyOf(probabilities);
        }
    }

    /**
     * How far logits may be from the golden ones, as a share of their spread (largest minus smallest over all cases,
     * at least 1), by where the model runs.
     */
    public enum Tolerance {
        CPU(1e-4),
        CUDA_FP32(1e-3),
        CUDA_REDUCED(2e-2);

        private final double share;

        Tolerance(double share) {
            this.share = share;
        }

        public double share() {
            return share;
        }
    }

    /** Sample points a side. */
    private static final int GRID = 8;

    /**
     * Where the logits of a segmenter are compared: a grid of at most 8 by 8 pixels that includes the corners. The mask
     * and the mean probabilities stand for all the others.
     *
     * @return indices of pixels, row by row
     */
    public static int[] samplePoints(int widthPx, int heightPx) {
        int columns = Math.min(GRID, widthPx);
        int rows = Math.min(GRID, heightPx);
        int[] points = new int[rows * columns];
        for (int i = 0; i < points.length; i++) {
            int y = rows == 1 ? 0 : i / columns * (heightPx - 1) / (rows - 1);
            int x = columns == 1 ? 0 : i % columns * (widthPx - 1) / (columns - 1);
            points[i] = y * widthPx + x;
        }
        return points;
    }

    public Golden {
        cases = List.copyOf(cases);
    }

    /**
     * How far a distance may be from the golden one: the tolerance's share of the largest of all cases, at least of 1. Single
     * ones may be near 0, where rounding is as large as elsewhere.
     */
    public double allowedOfDistance(Tolerance tolerance) {
        double largest = 1;
        for (Case one : cases) {
            largest = one.distance() == null ? largest : Math.max(largest, one.distance());
        }
        return tolerance.share() * largest;
    }

    /** The largest minus the smallest logit over all cases, at least 1. */
    public double spread() {
        double low = Double.POSITIVE_INFINITY;
        double high = Double.NEGATIVE_INFINITY;
        for (Case one : cases) {
            for (double logit : one.logits()) {
                low = Math.min(low, logit);
                high = Math.max(high, logit);
            }
        }
        return Math.max(1, high - low);
    }
}
