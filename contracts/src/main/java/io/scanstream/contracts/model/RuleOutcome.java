package io.scanstream.contracts.model;

import org.jspecify.annotations.Nullable;

/**
 * What became of one rule of the promotion gate.
 *
 * @param rule what it is about: {@code atLeast/<figure>}, {@code
 *     everySubgroupAtLeast/<figure>/<column>=<value>}, {@code calibrationErrorAtMost}, {@code latencyAtMostMs}, {@code
 *     comparable}, {@code fewestImages}, {@code notWorseThanChampion/<figure>}
 * @param figure what was found; of {@code notWorseThanChampion} the end of the difference's interval that is held against the
 *     bound. Absent: it could not be computed, and the rule is broken
 * @param bound what the figure is held against
 * @param passed whether the rule holds
 * @param detail for people
 */
public record RuleOutcome(
        String rule, @Nullable Double figure, @Nullable Double bound, boolean passed, String detail) {}
