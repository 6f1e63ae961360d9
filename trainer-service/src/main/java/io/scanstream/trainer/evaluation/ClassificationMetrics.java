package io.scanstream.trainer.evaluation;

import io.scanstream.contracts.model.Confusion;
import io.scanstream.contracts.model.Metrics;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Figures of a classifier from its probabilities. A scan is decided for the class with the highest one. */
final class ClassificationMetrics {
    /** Below it a probability counts as it, so that one certain mistake does not make the log loss infinite. */
    private static final double LEAST_PROBABILITY = 1e-15;

    /**
     * Computes all figures.
     *
     * @param probabilities {@code [images][classes]}
     * @param labels true class of each image
     * @param positive index of the positive class, for two classes
     */
    static Metrics of(List<String> classes, float[][] probabilities, int[] labels, int positive) {
        int count = classes.size();
        Confusion confusion = new Confusion(classes);
        double logLoss = 0;
        for (int i = 0; i < labels.length; i++) {
            confusion.add(labels[i], decide(probabilities[i]));
            logLoss -= Math.log(Math.max(LEAST_PROBABILITY, probabilities[i][labels[i]]));
        }
        return new Metrics(
                labels.length,
                confusion.accuracy(),
                confusion.macroF1(),
                logLoss / labels.length,
                count == 2 ? rocAuc(probabilities, labels, positive) : meanRocAuc(probabilities, labels, count),
                confusion.perClass(),
                confusion.counts());
    }

    /** The class with the highest probability, of equals the first. */
    static int decide(float[] probabilities) {
        int best = 0;
        for (int k = 1; k < probabilities.length; k++) {
            if (probabilities[k] > probabilities[best]) {
                best = k;
            }
        }
        return best;
    }

    private static @Nullable Double meanRocAuc(float[][] probabilities, int[] labels, int classes) {
        double sum = 0;
        for (int k = 0; k < classes; k++) {
            Double auc = rocAuc(probabilities, labels, k);
            if (auc == null) {
                return null;
            }
            sum += auc;
        }
        return sum / classes;
    }

    /**
     * Area under the ROC curve of one class against the rest, by ranks with ties shared (Mann and Whitney 1947); absent
     * where one side has no image.
     */
    private static @Nullable Double rocAuc(float[][] probabilities, int[] labels, int positive) {
        Integer[] order = IntStream.range(0, labels.length).boxed().toArray(Integer[]::new);
        Arrays.sort(order, Comparator.comparingDouble(i -> probabilities[i][positive]));
        double rankSum = 0;
        long positives = 0;
        int from = 0;
        while (from < order.length) {
            int to = from;
            while (to < order.length && probabilities[order[to]][positive] == probabilities[order[from]][positive]) {
                to++;
            }
            double rank = (from + 1 + to) / 2.0;
            for (int i = from; i < to; i++) {
                if (labels[order[i]] == positive) {
                    rankSum += rank;
                    positives++;
                }
            }
            from = to;
        }
        long negatives = labels.length - positives;
        if (positives == 0 || negatives == 0) {
            return null;
        }
        return (rankSum - positives * (positives + 1) / 2.0) / ((double) positives * negatives);
    }

    private ClassificationMetrics() {}
}
