package io.scanstream.contracts.recipe;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;

/** What the threshold of the positive class is chosen for, on validation images. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
    @JsonSubTypes.Type(value = OperatingRule.Sensitivity.class, name = "sensitivity"),
    @JsonSubTypes.Type(value = OperatingRule.Specificity.class, name = "specificity"),
    @JsonSubTypes.Type(value = OperatingRule.Cost.class, name = "cost")
})
public sealed interface OperatingRule {
    /** The highest threshold from which on enough of the positive scans are expected to be found. */
    record Sensitivity(
            @Setting(
                    value = "The share of positive scans that should be decided for.",
                    above = 0,
                    below = 1,
                    example = "0.95")
            double atLeast)
            implements OperatingRule {}

    /** The lowest threshold from which on enough of the other scans are expected not to be decided for. */
    record Specificity(
            @Setting(
                    value = "The share of other scans that should not be decided for.",
                    above = 0,
                    below = 1,
                    example = "0.9")
            double atLeast)
            implements OperatingRule {}

    /** The threshold with the least expected cost, if the probabilities mean what they say. */
    record Cost(
            @Setting(
                    value = "What a positive scan that is missed costs, in false alarms.",
                    above = 0,
                    max = 1000000,
                    example = "10")
            double missed)
            implements OperatingRule {
        /** From this probability on deciding for the positive class costs less than not doing so. */
        public double threshold() {
            return 1 / (1 + missed);
        }
    }
}
