package io.scanstream.contracts.model;

import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Whether a new version became the champion, and why, {@code jobs/<id>/gate.json}.
 *
 * @param champion the version it was compared with; absent: there was none
 * @param promoted whether the candidate became the champion
 * @param reason for people
 * @param figures what the decision was made on, by name: {@code images}, {@code candidateAccuracy}, {@code
 *     championAccuracy}, of segmenters {@code candidateDice}, {@code championDice}; empty where nothing could be compared
 */
public record GateDecision(
        ModelVersion candidate,
        @Nullable String champion,
        boolean promoted,
        String reason,
        Map<String, Double> figures,
        Instant at) {
    public GateDecision {
        figures = Collections.unmodifiableMap(new LinkedHashMap<>(figures));
    }
}
