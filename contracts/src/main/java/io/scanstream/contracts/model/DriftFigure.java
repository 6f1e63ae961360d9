package io.scanstream.contracts.model;

/**
 * How far one quantity of a version's answers in service is from the reference in its package.
 *
 * @param quantity {@code decision}, {@code confidence}, {@code distance}, or {@code probability/<class>}
 * @param index the population stability index: the sum over groups of (p − q) · ln(p / q), of the groups' shares p in service
 *     and q in the reference; 0 where they are the same
 * @param bound above which it counts as drifted: what is set, or what chance alone exceeds once in a thousand times with so
 *     many images, whichever is larger
 */
public record DriftFigure(String quantity, double index, double bound) {}
