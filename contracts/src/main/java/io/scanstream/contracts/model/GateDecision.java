package io.scanstream.contracts.model;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Whether a new version became the champion, and why, {@code jobs/<id>/gate.json}.
 *
 * @param champion the version it was compared with; absent: there was none
 * @param promoted whether the candidate became the champion
 * @param reason for people
 * @param figures what the decision was made on, by name: {@code images}, and of the figure that the two are compared by,
 *     such as accuracy, {@code candidateAccuracy}, {@code championAccuracy}, {@code differenceLow}, {@code differenceHigh};
 *     empty where nothing was compared
 * @param rules each rule of the recipe's {@code gate} with its figure and bound; empty in decisions from before there were any
 */
public record GateDecision(
        ModelVersion candidate,
        @Nullable String champion,
        boolean promoted,
        String reason,
        Map<String, Double> figures,
        Instant at,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) List<RuleOutcome> rules) {
    public GateDecision {
        figures = Collections.unmodifiableMap(new LinkedHashMap<>(figures));
        rules = rules == null ? List.of() : List.copyOf(rules);
    }

    /** The rules that are broken. */
    public List<RuleOutcome> broken() {
        return rules.stream().filter(rule -> !rule.passed()).toList();
    }
}
