package io.scanstream.contracts.recipe;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.List;

/**
 * How the learning rate changes while training, as a factor of the optimizer's. It follows from the moment and the epochs
 * behind it alone, so that a training that resumes goes on with the same rate.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Schedule.Constant.class, name = "constant"),
    @JsonSubTypes.Type(value = Schedule.Step.class, name = "step"),
    @JsonSubTypes.Type(value = Schedule.Cosine.class, name = "cosine"),
    @JsonSubTypes.Type(value = Schedule.OneCycle.class, name = "oneCycle"),
    @JsonSubTypes.Type(value = Schedule.ReduceOnPlateau.class, name = "reduceOnPlateau")
})
public sealed interface Schedule {
    /**
     * Where a training is.
     *
     * @param epoch whole and part epochs done, 0 to {@code epochs}
     * @param epochs that the training has at most; where it is cut short by a number of steps, their share of an epoch
     * @param validationLosses of the epochs done, the first one first
     */
    record Moment(double epoch, double epochs, List<Double> validationLosses) {}

    /** The factor at a moment, 0 to 1. */
    double factor(Moment moment);

    /** Up along a line in the first epochs, from one hundredth (Goyal et al., 2017). */
    private static double warmup(Moment moment, double warmupEpochs) {
        double end = warmupEnd(moment, warmupEpochs);
        return moment.epoch() < end ? Math.max(0.01, moment.epoch() / end) : 1;
    }

    /** A recipe that is tried out for an epoch or two does not spend them all on the way up. */
    private static double warmupEnd(Moment moment, double warmupEpochs) {
        return Math.min(warmupEpochs, moment.epochs() / 2);
    }

    /** From 1 at share 0 down to 0 at share 1, along half a cosine wave. */
    private static double cosine(double share) {
        return 0.5 * (1 + Math.cos(Math.PI * Math.max(0, Math.min(1, share))));
    }

    /** Always the optimizer's. */
    record Constant(
            @Setting(
                    value = "Epochs of the way up at the start; at most half of the training.",
                    fallback = "0",
                    min = 0)
            double warmupEpochs)
            implements Schedule {
        @Override
        public double factor(Moment moment) {
            return warmup(moment, warmupEpochs);
        }
    }

    /** Multiplied after every so many epochs. */
    record Step(
            @Setting(value = "Epochs between two steps.", min = 1, example = "5")
            int everyEpochs,

            @Setting(value = "The factor of each step.", fallback = "0.1", above = 0, max = 1)
            double factor,

            @Setting(
                    value = "Epochs of the way up at the start; at most half of the training.",
                    fallback = "0",
                    min = 0)
            double warmupEpochs)
            implements Schedule {
        @Override
        public double factor(Moment moment) {
            return warmup(moment, warmupEpochs) * Math.pow(factor, Math.floor(moment.epoch() / everyEpochs));
        }
    }

    /** Up along a line, then down along half a cosine wave (Loshchilov and Hutter, 2017, without restarts). */
    record Cosine(
            @Setting(
                    value = "Epochs of the way up at the start; at most half of the training.",
                    fallback = "0",
                    min = 0)
            double warmupEpochs,

            @Setting(value = "The factor at the end.", fallback = "0", min = 0, max = 1)
            double floor)
            implements Schedule {
        @Override
        public double factor(Moment moment) {
            double end = warmupEnd(moment, warmupEpochs);
            if (moment.epoch() < end) {
                return warmup(moment, warmupEpochs);
            }
            double share = (moment.epoch() - end) / Math.max(1e-9, moment.epochs() - end);
            return floor + (1 - floor) * cosine(share);
        }
    }

    /**
     * Up to the optimizer's rate and down to almost nothing, both along half a cosine wave (Smith and Topin, Super-Convergence,
     * 2018); as PyTorch's OneCycleLR, of the learning rate alone, and over the training's whole length.
     */
    record OneCycle(
            @Setting(value = "Share of the training that goes up.", fallback = "0.3", above = 0, below = 1)
            double peakAt,

            @Setting(value = "The optimizer's rate divided by the first one.", fallback = "25", min = 1)
            double startDivisor,

            @Setting(value = "The first rate divided by the last one.", fallback = "10000", min = 1)
            double endDivisor)
            implements Schedule {
        @Override
        public double factor(Moment moment) {
            double share = moment.epoch() / moment.epochs();
            double start = 1 / startDivisor;
            if (share < peakAt) {
                return 1 - (1 - start) * cosine(share / peakAt);
            }
            double end = start / endDivisor;
            return end + (1 - end) * cosine((share - peakAt) / (1 - peakAt));
        }
    }

    /**
     * Multiplied when the validation loss has not fallen for more than so many epochs; as PyTorch's ReduceLROnPlateau with
     * {@code threshold_mode="abs"}. Keras's lowers the rate an epoch earlier.
     */
    record ReduceOnPlateau(
            @Setting(value = "Epochs without a lower loss that are waited for.", fallback = "3", min = 0)
            int patience,

            @Setting(value = "The factor of each reduction.", fallback = "0.1", above = 0, below = 1)
            double factor,

            @Setting(value = "What a loss has to be lower by to count.", fallback = "0.0001", min = 0)
            double minDelta,

            @Setting(value = "The least factor of the optimizer's rate.", fallback = "0", min = 0, max = 1)
            double floor,

            @Setting(
                    value = "Epochs of the way up at the start; at most half of the training.",
                    fallback = "0",
                    min = 0)
            double warmupEpochs)
            implements Schedule {
        @Override
        public double factor(Moment moment) {
            double now = 1;
            double best = Double.POSITIVE_INFINITY;
            int waited = 0;
            for (double loss : moment.validationLosses()) {
                if (loss < best - minDelta) {
                    best = loss;
                    waited = 0;
                } else if (++waited > patience) {
                    now = Math.max(floor, now * factor);
                    waited = 0;
                }
            }
            return warmup(moment, warmupEpochs) * now;
        }
    }
}
