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
        confidence[bin(ofClasses[decided])]++;
        for (int k = 0; k < probabilities.length; k++) {
            probabilities[k][bin(ofClasses[k])]++;
        }
        if (threshold != null && distance != null) {
            double bin = distance / threshold * AnswerHistogram.BINS_TO_THRESHOLD;
            distances[(int) Math.max(0, Math.min(AnswerHistogram.DISTANCE_BINS - 1, bin))]++;
        }
    }

    private static int bin(double probability) {
        double bin = probability * AnswerHistogram.PROBABILITY_BINS;
        return (int) Math.max(0, Math.min(AnswerHistogram.PROBABILITY_BINS - 1, bin));
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
