package io.scanstream.contracts.api;

import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How a version that shadows a model agrees with one that answers: {@code GET /models/{name}/shadow} answers a list of these,
 * the busiest first. Counted by this replica of the gateway, over the newest scores that it has read.
 *
 * @param answering the version whose answers count
 * @param shadow the version that scored the same scans in the shadow
 * @param alias the shadow's
 * @param scans that both have scored
 * @param agreement share of scans that both decide for the same class, 0 to 1
 * @param kappa Cohen's: the agreement beyond what the two versions' shares of decisions give by chance, as a share of what
 *     there is to gain, −1 to 1; absent where both always decide for one and the same class
 * @param meanDifference the mean over scans of half the sum of the absolute differences of the classes' probabilities, 0 to 1;
 *     of two classes, that of the positive class's probability
 * @param decisions scans by what was answered, and by the shadow's decision
 * @param since when the first of the answers was given
 * @param until when the last was
 */
public record ShadowComparison(
        String answering,
        String shadow,
        @Nullable String alias,
        long scans,
        double agreement,
        @Nullable Double kappa,
        double meanDifference,
        Map<String, Map<String, Long>> decisions,
        Instant since,
        Instant until) {
    public ShadowComparison {
        Map<String, Map<String, Long>> copied = new LinkedHashMap<>();
        decisions.forEach((answer, of) -> copied.put(answer, Collections.unmodifiableMap(new LinkedHashMap<>(of))));
        decisions = Collections.unmodifiableMap(copied);
    }
}
