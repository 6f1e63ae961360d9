package io.scanstream.contracts.recipe;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;

/** How the learning rate changes while training, as a factor of the optimizer's. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Schedule.Constant.class, name = "constant"),
    @JsonSubTypes.Type(value = Schedule.Step.class, name = "step"),
    @JsonSubTypes.Type(value = Schedule.Cosine.class, name = "cosine")
})
public sealed interface Schedule {
    /**
     * The factor at a moment.
     *
     * @param epoch whole and part epochs done, 0 to {@code epochs}
     */
    double factor(double epoch, int epochs);

    record Constant() implements Schedule {
        @Override
        public double factor(double epoch, int epochs) {
            return 1;
        }
    }

    /** Multiplied after every so many epochs. */
    record Step(
            @Setting(value = "Epochs between two steps.", min = 1, example = "5")
            int everyEpochs,

            @Setting(value = "The factor of each step.", fallback = "0.1", above = 0, max = 1)
            double factor)
            implements Schedule {
        @Override
        public double factor(double epoch, int epochs) {
            return Math.pow(factor, Math.floor(epoch / everyEpochs));
        }
    }

    /** Up along a line, then down along half a cosine wave (Loshchilov and Hutter, 2017, without restarts). */
    record Cosine(
            @Setting(value = "Epochs of the way up.", fallback = "0", min = 0)
            double warmupEpochs,

            @Setting(value = "The factor at the end.", fallback = "0", min = 0, max = 1)
            double floor)
            implements Schedule {
        @Override
        public double factor(double epoch, int epochs) {
            if (epoch < warmupEpochs) {
                return Math.max(0.01, epoch / warmupEpochs);
            }
            double share = Math.min(1, (epoch - warmupEpochs) / Math.max(1e-9, epochs - warmupEpochs));
            return floor + (1 - floor) * 0.5 * (1 + Math.cos(Math.PI * share));
        }
    }
}
