package io.scanstream.bench.scoring;

/** Of sorted values. */
final class Percentiles {
    private Percentiles() {}

    /** The smallest value that at least this share of all is not above. */
    static double of(double[] sorted, double share) {
        int index = (int) Math.ceil(share * sorted.length) - 1;
        return sorted[Math.max(0, Math.min(sorted.length - 1, index))];
    }
}
