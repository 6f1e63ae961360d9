package io.scanstream.contracts.model;

import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One entry of an alias's journal, {@code aliases/<model>/<alias>/<n>.json}: the highest number is what the alias means.
 *
 * @param version what the alias means; absent when it was withdrawn and there is nothing to fall back to
 * @param actor who changed it: a person's name, or {@code gate} for the trainer's own promotion
 * @param reason for people
 * @param figures what the decision was made on, by name
 */
public record AliasState(
        @Nullable String version, String actor, String reason, Map<String, Double> figures, Instant at) {
    public AliasState {
        figures = Collections.unmodifiableMap(new LinkedHashMap<>(figures));
    }
}
