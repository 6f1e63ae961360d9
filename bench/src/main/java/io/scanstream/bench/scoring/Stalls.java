package io.scanstream.bench.scoring;

import io.scanstream.bench.pairs.Median;
import java.util.Map;
import java.util.TreeMap;

/**
 * How long a reader of committed scores was without any on each partition, from a moment on. What began before that moment
 * and ends after it counts from its beginning: that is what the reader saw. Not thread-safe but for {@link #from}.
 */
final class Stalls {
    private final Map<Integer, Long> last = new TreeMap<>();
    private final Map<Integer, Long> longest = new TreeMap<>();
    private volatile long from = Long.MAX_VALUE;

    /** Counts what ends from now on, {@link System#nanoTime}; before the first call nothing counts. */
    void from(long now) {
        from = now;
    }

    /** A score was read. */
    void read(int partition, long now) {
        Long before = last.put(partition, now);
        if (before != null && from != Long.MAX_VALUE && now - from >= 0) {
            longest.merge(partition, now - before, Math::max);
        }
    }

    /** The longest of each partition that had any score since. */
    Map<Integer, Double> longestMs() {
        Map<Integer, Double> milliseconds = new TreeMap<>();
        longest.forEach((partition, nanos) -> milliseconds.put(partition, Median.rounded(nanos / 1e6, 1)));
        return milliseconds;
    }
}
