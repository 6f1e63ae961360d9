package io.scanstream.contracts.model;

import org.jspecify.annotations.Nullable;

/**
 * Which class probabilities decide for: with a threshold the positive class from it on, else the most probable of the
 * others; without one the most probable of all, the first of equals. Evaluation, golden scores, the promotion gate and
 * serving all decide here.
 *
 * @param positive index of the positive class; -1: there is no threshold
 * @param threshold the positive class's probability from which it is decided for, 0 to 1
 */
public record DecisionRule(int positive, double threshold) {
    /** The most probable class. */
    public static final DecisionRule MOST_PROBABLE = new DecisionRule(-1, Double.NaN);

    /** With a threshold if there is one. */
    public static DecisionRule of(int positive, @Nullable Double threshold) {
        return threshold == null || positive < 0 ? MOST_PROBABLE : new DecisionRule(positive, threshold);
    }

    /**
     * The index of the class that is decided for.
     *
     * @param probabilities in class order, of two classes or more
     */
    public int decide(double[] probabilities) {
        if (positive >= 0 && probabilities[positive] >= threshold) {
            return positive;
        }
        int best = -1;
        for (int i = 0; i < probabilities.length; i++) {
            if (i != positive && (best < 0 || probabilities[i] > probabilities[best])) {
                best = i;
            }
        }
        return best;
    }

    /** As {@link #decide(double[])}. */
    public int decide(float[] probabilities) {
        double[] exact = new double[probabilities.length];
        for (int i = 0; i < exact.length; i++) {
            exact[i] = probabilities[i];
        }
        return decide(exact);
    }
}
