package io.scanstream.gateway.models;

import io.scanstream.contracts.Names;
import io.scanstream.contracts.api.TrafficRequest;
import io.scanstream.contracts.model.TrafficState;
import io.scanstream.contracts.recipe.Problem;
import io.scanstream.contracts.scoring.RoutingHeaders;
import io.scanstream.gateway.requests.Actor;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Finds every mistake in what is asked of a model's traffic. */
final class TrafficCheck {
    private static final int MOST_ARMS = 16;
    private static final int MOST_RULES = 64;

    /** Each costs a run of a model for every scan. */
    private static final int MOST_SHADOWS = 4;

    private final List<Problem> mistakes = new ArrayList<>();
    private final Set<String> aliases;

    private TrafficCheck(Set<String> aliases) {
        this.aliases = aliases;
    }

    /**
     * Every mistake, with its path.
     *
     * @param aliases those of the model that mean a version
     */
    static List<Problem> mistakes(TrafficRequest request, Set<String> aliases) {
        TrafficCheck check = new TrafficCheck(aliases);
        List<TrafficRequest.Arm> arms = orEmpty(request.arms());
        List<TrafficRequest.Rule> rules = orEmpty(request.rules());
        List<String> shadow = orEmpty(request.shadow());
        if (arms.isEmpty() && rules.isEmpty() && shadow.isEmpty()) {
            check.mistake("arms", "neither arms nor rules nor shadow is given. DELETE lets the champion answer alone.");
        }
        check.arms(arms);
        check.rules(rules);
        check.shadow(shadow);
        check.mistakes.addAll(Actor.mistakes(request.actor(), request.reason()));
        return check.mistakes;
    }

    /** What a request without mistakes asks for. */
    static TrafficState state(TrafficRequest request, Instant at) {
        List<TrafficState.Arm> arms = orEmpty(request.arms()).stream()
                .map(arm ->
                        new TrafficState.Arm(Objects.requireNonNull(arm.alias()), Objects.requireNonNull(arm.share())))
                .toList();
        List<TrafficState.Rule> rules = orEmpty(request.rules()).stream()
                .map(rule -> new TrafficState.Rule(
                        lower(Objects.requireNonNull(rule.header())),
                        Objects.requireNonNull(rule.value()),
                        Objects.requireNonNull(rule.alias())))
                .toList();
        String reason = request.reason() == null ? "" : request.reason();
        return new TrafficState(
                arms, rules, orEmpty(request.shadow()), Objects.requireNonNull(request.actor()), reason, at);
    }

    private void arms(List<TrafficRequest.Arm> arms) {
        most("arms", arms.size(), MOST_ARMS);
        Set<String> seen = new HashSet<>();
        List<Double> shares = new ArrayList<>();
        for (int i = 0; i < arms.size(); i++) {
            TrafficRequest.@Nullable Arm arm = arms.get(i);
            String path = "arms[" + i + "]";
            alias(path + ".alias", arm == null ? null : arm.alias(), seen);
            Double share = arm == null ? null : arm.share();
            if (share == null || !(share >= 0 && share <= 1)) {
                mistake(path + ".share", "expected a number from 0 to 1, found " + share + ".");
            } else {
                shares.add(share);
            }
        }
        if (!arms.isEmpty() && shares.size() == arms.size() && !TrafficState.addUp(shares)) {
            double sum = shares.stream().mapToDouble(Double::doubleValue).sum();
            mistake("arms", "the shares add up to " + sum + "; expected 1.");
        }
    }

    private void rules(List<TrafficRequest.Rule> rules) {
        most("rules", rules.size(), MOST_RULES);
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < rules.size(); i++) {
            TrafficRequest.@Nullable Rule rule = rules.get(i);
            String path = "rules[" + i + "]";
            // Several rules may lead to one alias.
            alias(path + ".alias", rule == null ? null : rule.alias(), new HashSet<>());
            String header = rule == null || rule.header() == null ? "" : lower(rule.header());
            String value = rule == null || rule.value() == null ? "" : rule.value();
            if (!RoutingHeaders.isName(header) || !RoutingHeaders.isValue(value)) {
                mistake(path, RoutingHeaders.EXPECTED);
            } else if (!seen.add(header + ": " + value)) {
                mistake(path, "an earlier rule asks for the same header and value; this one would never hold.");
            }
        }
    }

    private static String lower(String header) {
        return header.toLowerCase(Locale.ROOT);
    }

    private void shadow(List<String> shadow) {
        most("shadow", shadow.size(), MOST_SHADOWS);
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < shadow.size(); i++) {
            alias("shadow[" + i + "]", shadow.get(i), seen);
        }
    }

    private void most(String path, int size, int most) {
        if (size > most) {
            mistake(path, size + " of them; at most " + most + " are allowed.");
        }
    }

    private void alias(String path, @Nullable String alias, Set<String> seen) {
        if (alias == null) {
            mistake(path, "missing. Name an alias of the model.");
        } else if (!Names.isValid(alias)) {
            mistake(path, "is not a name. Name an alias of the model.");
        } else if (!seen.add(alias)) {
            mistake(path, "'" + alias + "' is there twice.");
        } else if (!aliases.contains(alias)) {
            mistake(
                    path,
                    "the model has no alias '" + alias + "'. It has " + aliases + "; promote a version to make one.");
        }
    }

    private void mistake(String path, String message) {
        mistakes.add(new Problem(path, message));
    }

    private static <T> List<T> orEmpty(@Nullable List<T> list) {
        return list == null ? List.of() : list;
    }
}
