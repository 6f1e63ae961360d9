package io.scanstream.gateway.models;

import io.scanstream.contracts.api.ShadowComparison;
import io.scanstream.contracts.scoring.ScanId;
import io.scanstream.contracts.scoring.ScoreEvent;
import io.scanstream.contracts.scoring.ScoreEvent.ScanScored;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Counts how versions in the shadow agree with the versions that answer. Shadow scores and answers come by two topics, in any
 * order: a shadow score whose answer is not known yet waits for it, and the oldest that wait give way. Memory does not grow
 * with scans, nor with versions beyond a bound. Thread-safe.
 */
public final class ShadowAgreement {
    private static final int MOST_WAITING = 10_000;
    private static final int MOST_PAIRS = 500;

    private final Function<ScanId, Optional<ScoreEvent>> answers;
    private final Map<ScanId, List<ScanScored>> waiting = bounded(MOST_WAITING);
    private final Map<Pair, Tally> tallies = bounded(MOST_PAIRS);

    private record Pair(
            String model,
            String answering,
            String shadow,
            @Nullable String alias) {}

    /**
     * Counts from now on.
     *
     * @param answers those that are known
     */
    public ShadowAgreement(Function<ScanId, Optional<ScoreEvent>> answers) {
        this.answers = answers;
    }

    /** What a version in the shadow would have answered. */
    public void sawShadow(ScoreEvent score) {
        if (score instanceof ScanScored shadow) {
            synchronized (this) {
                waiting.computeIfAbsent(shadow.scanId(), first -> new ArrayList<>(1))
                        .add(shadow);
            }
            // Only now: an answer that comes meanwhile finds it waiting.
            answers.apply(shadow.scanId()).ifPresent(this::sawAnswer);
        }
    }

    /** An answer, which whoever was given to the constructor knows already. */
    public synchronized void sawAnswer(ScoreEvent score) {
        if (score instanceof ScanScored answer) {
            List<ScanScored> shadows = waiting.remove(answer.scanId());
            if (shadows != null) {
                shadows.forEach(shadow -> count(answer, shadow));
            }
        }
    }

    private void count(ScanScored answer, ScanScored shadow) {
        if (answer.model().equals(shadow.model())
                && answer.probabilities().keySet().equals(shadow.probabilities().keySet())) {
            tallies.computeIfAbsent(
                            new Pair(answer.model(), answer.version(), shadow.version(), shadow.arm()),
                            first -> new Tally())
                    .add(answer, shadow);
        }
    }

    /** The pairs of a model's versions, the busiest first. */
    synchronized List<ShadowComparison> of(String model) {
        List<ShadowComparison> comparisons = new ArrayList<>();
        tallies.forEach((pair, tally) -> {
            if (pair.model().equals(model)) {
                comparisons.add(tally.comparison(pair));
            }
        });
        comparisons.sort(Comparator.comparingLong(ShadowComparison::scans).reversed());
        return comparisons;
    }

    private static <K, V> Map<K, V> bounded(int most) {
        return new LinkedHashMap<>() {
            @Override
            protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
                return size() > most;
            }
        };
    }

    private static final class Tally {
        private final Map<String, Map<String, Long>> decisions = new TreeMap<>();
        private long scans;
        private long same;
        private double differences;
        private Instant since = Instant.MAX;
        private Instant until = Instant.MIN;

        void add(ScanScored answer, ScanScored shadow) {
            scans++;
            same += answer.decision().equals(shadow.decision()) ? 1 : 0;
            decisions
                    .computeIfAbsent(answer.decision(), first -> new TreeMap<>())
                    .merge(shadow.decision(), 1L, Long::sum);
            double sum = 0;
            for (Map.Entry<String, Double> each : answer.probabilities().entrySet()) {
                sum += Math.abs(each.getValue() - shadow.probabilities().getOrDefault(each.getKey(), 0.0));
            }
            differences += sum / 2;
            since = answer.at().isBefore(since) ? answer.at() : since;
            until = answer.at().isAfter(until) ? answer.at() : until;
        }

        ShadowComparison comparison(Pair pair) {
            double agreement = (double) same / scans;
            return new ShadowComparison(
                    pair.answering(),
                    pair.shadow(),
                    pair.alias(),
                    scans,
                    agreement,
                    kappa(agreement),
                    differences / scans,
                    decisions,
                    since,
                    until);
        }

        /** Cohen, A coefficient of agreement for nominal scales, 1960. */
        private @Nullable Double kappa(double agreement) {
            Map<String, Long> byShadow = new TreeMap<>();
            decisions.values().forEach(row -> row.forEach((decision, n) -> byShadow.merge(decision, n, Long::sum)));
            double chance = 0;
            for (Map.Entry<String, Map<String, Long>> row : decisions.entrySet()) {
                long answered = row.getValue().values().stream()
                        .mapToLong(Long::longValue)
                        .sum();
                chance += (double) answered * byShadow.getOrDefault(row.getKey(), 0L) / scans / scans;
            }
            return chance == 1 ? null : (agreement - chance) / (1 - chance);
        }
    }
}
