package io.scanstream.contracts.model;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Counts a version's answers into an {@link AnswerHistogram}. For one thread at a time. */
public final class AnswerTally {
    private final List<String> classes;
    private final @Nullable Double threshold;
    private final long[] decisions;
    private final long[] confidence = new long[AnswerHistogram.PROBABILITY_BINS];
    private final long[][] probabilities;
    private final long[] distances = new long[AnswerHistogram.DISTANCE_BINS];
    private long scans;

    /**
     * Nothing is counted yet.
     *
     * @param classes in class order
     * @param threshold the guard's, above 0; absent where the model has none
     */
    public AnswerTally(List<String> classes, @Nullable Double threshold) {
        this.classes = List.copyOf(classes);
        this.threshold = threshold;
        this.decisions = new long[classes.size()];
        this.probabilities = new long[classes.size()][AnswerHistogram.PROBABILITY_BINS];
    }

    /**
     * Counts one answer.
     *
     * @param ofClasses probabilities in class order, each finite
     * @param decided index of the class that was decided for
     * @param distance finite; absent where the model cannot tell
     */
    public void add(double[] ofClasses, int decided, @Nullable Double distance) {
        scans++;
        decisions[decided]++;
        count(ofClasses[decided] * AnswerHistogram.PROBABILITY_BINS, confidence);
        for (int k = 0; k < probabilities.length; k++) {
            count(ofClasses[k] * AnswerHistogram.PROBABILITY_BINS, probabilities[k]);
        }
        if (threshold != null && distance != null) {
            count(distance / threshold * AnswerHistogram.BINS_TO_THRESHOLD, distances);
        }
    }

    /** One more in the bin of a value that is counted in bins' widths; the last bin has all above. */
    private static void count(double value, long[] bins) {
        bins[(int) Math.max(0, Math.min(bins.length - 1, value))]++;
    }

    /** What was counted so far. */
    public AnswerHistogram histogram() {
        Map<String, Long> ofDecisions = new LinkedHashMap<>();
        Map<String, List<Long>> ofProbabilities = new LinkedHashMap<>();
        for (int k = 0; k < classes.size(); k++) {
            ofDecisions.put(classes.get(k), decisions[k]);
            ofProbabilities.put(classes.get(k), list(probabilities[k]));
        }
        return new AnswerHistogram(
                scans, ofDecisions, list(confidence), ofProbabilities, threshold == null ? null : list(distances));
    }

    private static List<Long> list(long[] counts) {
        return Arrays.stream(counts).boxed().toList();
    }
}
