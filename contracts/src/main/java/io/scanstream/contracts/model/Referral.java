package io.scanstream.contracts.model;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which scans a person should look at: those whose decision is less sure than a confidence that was chosen on the validation
 * split. A decision's confidence is the probability of the class that is decided for.
 *
 * @param accuracy that the decisions which are not referred should have, as the recipe asks
 * @param confidence below it a scan is referred
 * @param validation what this gives where it was chosen
 * @param test what it gives on the test split; absent where there is no test image
 * @param curve on the test split, from the surest decisions alone to all of them
 */
public record Referral(
        double accuracy,
        double confidence,
        Kept validation,
        @Nullable Kept test,
        List<Kept> curve) {

    /**
     * What is left when the less sure decisions are referred.
     *
     * @param coverage share of the images that are decided
     * @param accuracy share of right decisions among them; absent where none is decided
     */
    public record Kept(double coverage, @Nullable Double accuracy) {}

    public Referral {
        curve = List.copyOf(curve);
    }
}
