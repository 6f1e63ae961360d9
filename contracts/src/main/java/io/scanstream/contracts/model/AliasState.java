package io.scanstream.contracts.model;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One entry of an alias's journal, {@code aliases/<model>/<alias>/<n>.json}: the highest number is what the alias means.
 * Every decision has an entry, those that changed nothing too.
 *
 * @param version what the alias means; absent when it was withdrawn and there is nothing to fall back to, or when nothing was
 *     promoted yet
 * @param actor who decided: a person's name, or {@code gate} for the trainer's own decision
 * @param reason for people
 * @param figures what the decision was made on, by name
 * @param decision what was decided; absent in entries from before there were any but promotions
 * @param about the version that was decided on, which of a refusal or a withdrawal is not the one that the alias means
 * @param rules the rules of the gate for that version, each with its figure and bound. A promotion with a broken rule is a
 *     person's, who gave the reason
 */
public record AliasState(
        @Nullable String version,
        String actor,
        String reason,
        Map<String, Double> figures,
        Instant at,
        @Nullable Decision decision,
        @Nullable String about,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) List<RuleOutcome> rules) {

    /** What became of the version that an entry is about. */
    public enum Decision {
        /** The alias means it from now on. */
        @JsonProperty("promoted")
        PROMOTED,
        /** The gate does not let it become the champion. */
        @JsonProperty("refused")
        REFUSED,
        /** The alias means it once more. */
        @JsonProperty("rolledBack")
        ROLLED_BACK,
        /** It must not be used any more. */
        @JsonProperty("withdrawn")
        WITHDRAWN
    }

    public AliasState {
        figures = Collections.unmodifiableMap(new LinkedHashMap<>(figures));
        rules = rules == null ? List.of() : List.copyOf(rules);
    }

    /** The alias means a version from now on, whatever a gate may say. */
    public static AliasState promoted(String version, String actor, String reason, Instant at) {
        return new AliasState(version, actor, reason, Map.of(), at, Decision.PROMOTED, version, List.of());
    }
}
