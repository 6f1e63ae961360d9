package io.scanstream.trainer.metrics;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Images from the one that is most probably of a class to the least, one step for each distinct probability: a threshold
 * there decides for all images so far. ROC and precision-recall curves and the areas under them follow from it.
 */
public final class Ranking {
    private final List<Step> steps;
    private final long positives;
    private final long negatives;

    /**
     * A threshold.
     *
     * @param threshold the probability from which it decides for the class
     * @param truePositives images of the class at or above it
     * @param falsePositives others at or above it
     */
    public record Step(float threshold, long truePositives, long falsePositives) {
        /** Share of what is at or above the threshold that is of the class. */
        public double precision() {
            return (double) truePositives / (truePositives + falsePositives);
        }
    }

    private Ranking(List<Step> steps) {
        this.steps = List.copyOf(steps);
        Step last = steps.isEmpty() ? new Step(0, 0, 0) : steps.get(steps.size() - 1);
        this.positives = last.truePositives();
        this.negatives = last.falsePositives();
    }

    /**
     * Ranks one class against the rest. What is no number, of a network that has diverged, ranks above all.
     *
     * @param probabilities {@code [images][classes]}
     * @param labels true class of each image
     */
    public static Ranking of(float[][] probabilities, int[] labels, int positive) {
        int[] order = IntStream.range(0, labels.length)
                .boxed()
                .sorted(Comparator.comparingDouble((Integer i) -> probabilities[i][positive])
                        .reversed())
                .mapToInt(Integer::intValue)
                .toArray();
        List<Step> steps = new ArrayList<>();
        long hits = 0;
        for (int i = 0; i < order.length; i++) {
            float probability = probabilities[order[i]][positive];
            hits += labels[order[i]] == positive ? 1 : 0;
            boolean lastOfEquals =
                    i + 1 == order.length || Float.compare(probability, probabilities[order[i + 1]][positive]) != 0;
            if (lastOfEquals) {
                steps.add(new Step(probability, hits, i + 1 - hits));
            }
        }
        return new Ranking(steps);
    }

    /** From the highest threshold to the lowest. */
    public List<Step> steps() {
        return steps;
    }

    /** How many images are of the class. */
    public long positives() {
        return positives;
    }

    /** How many are not. */
    public long negatives() {
        return negatives;
    }

    /**
     * Area under the ROC curve: the share of pairs of an image of the class and another in which the former ranks higher,
     * ties counted half. Absent where one side has no image.
     */
    public @Nullable Double rocAuc() {
        if (positives == 0 || negatives == 0) {
            return null;
        }
        double area = 0;
        Step before = new Step(1, 0, 0);
        for (Step step : steps) {
            area += (step.falsePositives() - before.falsePositives())
                    * (step.truePositives() + before.truePositives())
                    / 2.0;
            before = step;
        }
        return area / ((double) positives * negatives);
    }

    /**
     * Average precision: the sum over the thresholds of precision times the gain in recall, without interpolation, as
     * scikit-learn's {@code average_precision_score}. A ranking by chance has the class's share. Absent where the class has
     * no image.
     */
    public @Nullable Double averagePrecision() {
        if (positives == 0) {
            return null;
        }
        double sum = 0;
        long before = 0;
        for (Step step : steps) {
            sum += step.precision() * (step.truePositives() - before);
            before = step.truePositives();
        }
        return sum / positives;
    }
}
