package io.scanstream.trainer.metrics;

import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * A {@link Ranking} in which images count several times or not at all, ranked once and weighed again and again. Its figures
 * are NaN where {@link Ranking} has none. Not thread-safe.
 */
final class WeightedRanking {
    private final int[] order;
    private final boolean[] ofClass;
    /** Whether the next image in order has another probability. */
    private final boolean[] lastOfEquals;

    private double positives;
    private double area;
    private double gains;
    private double negatives;

    WeightedRanking(float[][] probabilities, int[] labels, int positive) {
        order = IntStream.range(0, labels.length)
                .boxed()
                .sorted(Comparator.comparingDouble((Integer i) -> probabilities[i][positive])
                        .reversed())
                .mapToInt(Integer::intValue)
                .toArray();
        ofClass = new boolean[order.length];
        lastOfEquals = new boolean[order.length];
        for (int i = 0; i < order.length; i++) {
            ofClass[i] = labels[order[i]] == positive;
            lastOfEquals[i] = i + 1 == order.length
                    || Float.compare(probabilities[order[i]][positive], probabilities[order[i + 1]][positive]) != 0;
        }
    }

    /** @param times how often each image counts, in the images' own order */
    void weigh(int[] times) {
        positives = 0;
        negatives = 0;
        area = 0;
        gains = 0;
        double hitsBefore = 0;
        double alarmsBefore = 0;
        for (int i = 0; i < order.length; i++) {
            int weight = times[order[i]];
            if (ofClass[i]) {
                positives += weight;
            } else {
                negatives += weight;
            }
            if (lastOfEquals[i]) {
                area += (negatives - alarmsBefore) * (positives + hitsBefore) / 2;
                if (positives > hitsBefore) {
                    gains += positives / (positives + negatives) * (positives - hitsBefore);
                }
                hitsBefore = positives;
                alarmsBefore = negatives;
            }
        }
    }

    double rocAuc() {
        return positives == 0 || negatives == 0 ? Double.NaN : area / (positives * negatives);
    }

    double averagePrecision() {
        return positives == 0 ? Double.NaN : gains / positives;
    }
}
