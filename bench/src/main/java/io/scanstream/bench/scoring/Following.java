package io.scanstream.bench.scoring;

import io.scanstream.bench.pairs.Median;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How soon scans are scored by a version after its promotion, and how long some still are by one before it. Thread-safe. Times
 * are {@link System#nanoTime}.
 */
final class Following {
    private record Promoted(String version, long at) {}

    private final List<Promoted> promotions = new ArrayList<>();
    private final Map<String, Long> firstNanos = new LinkedHashMap<>();
    private long staleNanos;

    /** A version was promoted: instances can know. */
    synchronized void promoted(String version, long now) {
        promotions.add(new Promoted(version, now));
    }

    /** A score by a version was read; one that was never promoted here is older than all that were. */
    synchronized void scored(String version, long now) {
        int own = -1;
        for (int i = 0; i < promotions.size(); i++) {
            if (promotions.get(i).version().equals(version)) {
                own = i;
            }
        }
        if (own >= 0) {
            firstNanos.putIfAbsent(version, now - promotions.get(own).at());
        }
        if (own + 1 < promotions.size()) {
            staleNanos = Math.max(staleNanos, now - promotions.get(own + 1).at());
        }
    }

    /** From each promotion to the first score by its version; a version that has none is missing. */
    synchronized Map<String, Double> firstScoreMs() {
        Map<String, Double> milliseconds = new LinkedHashMap<>();
        firstNanos.forEach((version, nanos) -> milliseconds.put(version, Median.rounded(nanos / 1e6, 1)));
        return milliseconds;
    }

    /** From a promotion to the last score by a version before it, the longest of all. */
    synchronized double longestStaleMs() {
        return Median.rounded(staleNanos / 1e6, 1);
    }
}
