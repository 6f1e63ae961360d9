package io.scanstream.bench.scoring;

import io.scanstream.bench.pairs.Median;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;

/**
 * Whether memory grows: the median of the last tenth of what was seen against that of the tenth after a warm-up. A garbage
 * collector makes single values rise and fall.
 *
 * @param warmMiB after the warm-up
 * @param endMiB at the end
 */
record Growth(double warmMiB, double endMiB) {
    private static final double TENTH = 0.1;

    /**
     * From footprints at even distances.
     *
     * @param warmUp the share of them, below 0.8, that does not count
     * @param memory which of it, in MiB
     */
    static Growth of(List<Footprint> seen, double warmUp, ToLongFunction<Footprint> memory) {
        int tenth = Math.max(1, (int) Math.round(TENTH * seen.size()));
        int from = Math.min(seen.size() - tenth, (int) Math.round(warmUp * seen.size()));
        return new Growth(
                median(seen.subList(from, from + tenth), memory),
                median(seen.subList(seen.size() - tenth, seen.size()), memory));
    }

    private static double median(List<Footprint> some, ToLongFunction<Footprint> memory) {
        return Median.of(
                some.stream().map(one -> (double) memory.applyAsLong(one)).toList());
    }

    /** As a share of what there was after the warm-up; 0 where nothing has grown. */
    double share() {
        return endMiB / warmMiB - 1;
    }

    Map<String, Double> toMap() {
        return Map.of("warmMiB", warmMiB, "endMiB", endMiB, "growth", Median.rounded(share(), 4));
    }
}
