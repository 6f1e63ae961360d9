package io.scanstream.contracts.model;

/**
 * Where a figure lies with 95 %.
 *
 * @param low at most {@code high}
 */
public record Interval(double low, double high) {
    /** How much of the distribution lies within. */
    public static final double LEVEL = 0.95;

    public Interval {
        if (!(low <= high)) {
            throw new IllegalArgumentException("an interval from " + low + " to " + high);
        }
    }

    public boolean contains(double value) {
        return low <= value && value <= high;
    }
}
