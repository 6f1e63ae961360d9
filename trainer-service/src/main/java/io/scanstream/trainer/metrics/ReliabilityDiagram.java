package io.scanstream.trainer.metrics;

import io.scanstream.contracts.model.Calibration;
import io.scanstream.contracts.model.DecisionRule;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** How often decisions are right, by how probable the class that is decided for is. The most probable one is decided for. */
public final class ReliabilityDiagram {
    private static final int SIMULATIONS = 200;
    private static final long SEED = 0x5eed;

    /**
     * Decisions of about one confidence.
     *
     * @param images 1 or more
     * @param confidence mean probability of what is decided for
     * @param accuracy share of right decisions
     */
    public record Bin(int images, double confidence, double accuracy) {
        double gap() {
            return Math.abs(confidence - accuracy);
        }
    }

    private final float[] confidences;
    private final int[] binOf;
    private final List<Bin> bins;
    private final double logLoss;

    private ReliabilityDiagram(float[] confidences, int[] binOf, List<Bin> bins, double logLoss) {
        this.confidences = confidences;
        this.binOf = binOf;
        this.bins = List.copyOf(bins);
        this.logLoss = logLoss;
    }

    /**
     * Sorts decisions into {@link Calibration#BINS} bins of equal width.
     *
     * @param probabilities {@code [images][classes]}, one image or more
     * @param labels true class of each image
     */
    public static ReliabilityDiagram of(float[][] probabilities, int[] labels) {
        float[] confidences = new float[labels.length];
        int[] binOf = new int[labels.length];
        int[] images = new int[Calibration.BINS];
        double[] confidence = new double[Calibration.BINS];
        double[] right = new double[Calibration.BINS];
        double logLoss = 0;
        for (int i = 0; i < labels.length; i++) {
            int decided = DecisionRule.MOST_PROBABLE.decide(probabilities[i]);
            confidences[i] = probabilities[i][decided];
            binOf[i] = Math.min(Calibration.BINS - 1, (int) (confidences[i] * Calibration.BINS));
            images[binOf[i]]++;
            confidence[binOf[i]] += confidences[i];
            right[binOf[i]] += decided == labels[i] ? 1 : 0;
            logLoss += ClassificationMetrics.logLoss(probabilities[i][labels[i]]);
        }
        List<Bin> bins = new ArrayList<>();
        for (int b = 0; b < images.length; b++) {
            if (images[b] > 0) {
                bins.add(new Bin(images[b], confidence[b] / images[b], right[b] / images[b]));
            }
        }
        return new ReliabilityDiagram(confidences, binOf, bins, logLoss / labels.length);
    }

    /** Those with images, from the least sure on. */
    public List<Bin> bins() {
        return bins;
    }

    public Calibration.Reliability figures() {
        return new Calibration.Reliability(logLoss, expectedError(), noiseFloor());
    }

    private double expectedError() {
        return bins.stream().mapToDouble(bin -> bin.images() * bin.gap()).sum() / confidences.length;
    }

    /** The mean expected error where each decision is right with its own probability, by simulation with a fixed seed. */
    private double noiseFloor() {
        SplittableRandom random = new SplittableRandom(SEED);
        double sum = 0;
        for (int simulation = 0; simulation < SIMULATIONS; simulation++) {
            double[] surplus = new double[Calibration.BINS];
            for (int i = 0; i < confidences.length; i++) {
                surplus[binOf[i]] += (random.nextDouble() < confidences[i] ? 1 : 0) - confidences[i];
            }
            for (double gap : surplus) {
                sum += Math.abs(gap);
            }
        }
        return sum / SIMULATIONS / confidences.length;
    }
}
