package io.scanstream.contracts.model;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How a version's answers to images are distributed, as counts, which add up over minutes and instances.
 *
 * @param scans how many were answered
 * @param decisions by what was decided, in class order, classes without any included
 * @param confidence the decided class's probability, in {@link #PROBABILITY_BINS} bins of equal width from 0 to 1, the last
 *     one closed
 * @param probabilities each class's probability in such bins, in class order. Of a segmenter, the means over the pixels
 * @param distance how unlike the training images, in {@link #DISTANCE_BINS} bins of a tenth of the guard's threshold, the last
 *     one without an end; absent where the model cannot tell
 */
public record AnswerHistogram(
        long scans,
        Map<String, Long> decisions,
        List<Long> confidence,
        Map<String, List<Long>> probabilities,
        @Nullable List<Long> distance) {
    /** Bins of a probability: 0 to 0.02, and so on. */
    public static final int PROBABILITY_BINS = 50;

    /** Bins to one threshold of the distance. */
    public static final int BINS_TO_THRESHOLD = 10;

    /** Bins of a distance: up to three thresholds, and one for all above. */
    public static final int DISTANCE_BINS = 3 * BINS_TO_THRESHOLD + 1;

    public AnswerHistogram {
        decisions = Collections.unmodifiableMap(new LinkedHashMap<>(decisions));
        confidence = List.copyOf(confidence);
        Map<String, List<Long>> copied = new LinkedHashMap<>();
        probabilities.forEach((label, bins) -> copied.put(label, List.copyOf(bins)));
        probabilities = Collections.unmodifiableMap(copied);
        distance = distance == null ? null : List.copyOf(distance);
        if (!decisions.keySet().equals(probabilities.keySet())) {
            throw new IllegalArgumentException(
                    "decisions are about " + decisions.keySet() + ", probabilities about " + probabilities.keySet());
        }
        require(PROBABILITY_BINS, confidence);
        probabilities.values().forEach(bins -> require(PROBABILITY_BINS, bins));
        if (distance != null) {
            require(DISTANCE_BINS, distance);
        }
    }

    private static void require(int expected, List<Long> bins) {
        if (bins.size() != expected) {
            throw new IllegalArgumentException(bins.size() + " bins, expected " + expected);
        }
    }

    /**
     * These answers and others of the same version.
     *
     * @throws IllegalArgumentException if the others have other classes, or distances where these have none
     */
    public AnswerHistogram plus(AnswerHistogram other) {
        requireAdds(other);
        Map<String, Long> allDecisions = new LinkedHashMap<>();
        decisions.forEach((label, n) -> allDecisions.put(label, n + other.decisions.getOrDefault(label, 0L)));
        Map<String, List<Long>> allProbabilities = new LinkedHashMap<>();
        probabilities.forEach((label, bins) ->
                allProbabilities.put(label, sums(bins, other.probabilities.getOrDefault(label, List.of()))));
        return new AnswerHistogram(
                scans + other.scans,
                allDecisions,
                sums(confidence, other.confidence),
                allProbabilities,
                distance == null || other.distance == null ? null : sums(distance, other.distance));
    }

    /**
     * Makes sure that others can be {@link #plus added}.
     *
     * @throws IllegalArgumentException as there
     */
    public void requireAdds(AnswerHistogram other) {
        if (!decisions.keySet().equals(other.decisions.keySet()) || (distance == null) != (other.distance == null)) {
            throw new IllegalArgumentException("answers about " + other.decisions.keySet() + ", distances "
                    + (other.distance != null) + ", do not add to those about " + decisions.keySet() + ", distances "
                    + (distance != null));
        }
    }

    private static List<Long> sums(List<Long> these, List<Long> those) {
        List<Long> sums = new ArrayList<>(these.size());
        for (int i = 0; i < these.size(); i++) {
            sums.add(these.get(i) + those.get(i));
        }
        return sums;
    }
}
