package io.scanstream.bench.pairs;

import java.util.List;

/** Medians, and how sure they are. */
public final class Median {
    private static final double CONFIDENCE = 0.95;

    private Median() {}

    public static double of(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }

    /** The median's interval of at least 95 %, to three decimals; of fewer than six values, less sure, their range. */
    public static List<Double> interval(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        int outside = outside(sorted.size());
        return List.of(rounded(sorted.get(outside), 3), rounded(sorted.get(sorted.size() - 1 - outside), 3));
    }

    /**
     * How many of the sorted values on each side lie outside the median's interval of at least 95 %, from the binomial
     * distribution; 0, and less confidence, for fewer than six values.
     */
    static int outside(int values) {
        double below = Math.pow(0.5, values);
        double term = below;
        int outside = 0;
        while (outside < values / 2) {
            term = term * (values - outside) / (outside + 1);
            if (1 - 2 * (below + term) < CONFIDENCE) {
                break;
            }
            below += term;
            outside++;
        }
        return outside;
    }

    /** Rounded half up to so many decimals. */
    public static double rounded(double value, int digits) {
        double scale = Math.pow(10, digits);
        return Math.round(value * scale) / scale;
    }
}
