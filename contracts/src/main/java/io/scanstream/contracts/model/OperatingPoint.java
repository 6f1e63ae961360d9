package io.scanstream.contracts.model;

import io.scanstream.contracts.recipe.OperatingRule;
import org.jspecify.annotations.Nullable;

/**
 * From which probability of the positive class on a scan is decided for it, chosen on the validation split alone and looked
 * at once on the test split.
 *
 * @param rule what the recipe asks for
 * @param threshold 0 to 1
 * @param validation what the threshold gives where it was chosen
 * @param expected what the rule aims at and how far a test split of this size may be off
 * @param test what it gives there; absent where there is no test image
 */
public record OperatingPoint(
        OperatingRule rule,
        double threshold,
        Rates validation,
        @Nullable Expected expected,
        @Nullable Rates test) {

    /**
     * How decisions at a threshold turned out.
     *
     * @param positives images of the positive class
     * @param negatives all others
     * @param sensitivity share of the positives that are decided for; absent without any
     * @param specificity share of the negatives that are not; absent without any
     */
    public record Rates(
            long positives,
            long negatives,
            @Nullable Double sensitivity,
            @Nullable Double specificity) {}

    /**
     * What the rule's rate will be on images that nobody has seen, from the ranks of the validation images alone.
     *
     * @param rate its mean
     * @param interval where the rate of the test split lies with 95 %: a prediction interval, for images like those of the
     *     validation split
     */
    public record Expected(double rate, Interval interval) {}
}
