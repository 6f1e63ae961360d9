package io.scanstream.contracts.model;

import org.jspecify.annotations.Nullable;

/**
 * How the logits are made to mean what they say: divided by a temperature within {@code model.onnx} before the probabilities
 * (Guo et al., On Calibration of Modern Neural Networks, 2017). The temperature was fitted on the validation split.
 *
 * @param temperature above 1 for a network that is too sure of itself; 1 where no other was found to be better on
 *     validation images that it was not fitted on
 * @param before on the test split without it; absent where there is no test image
 * @param after on the test split with it
 */
public record Calibration(
        double temperature,
        @Nullable Reliability before,
        @Nullable Reliability after) {

    /**
     * How far confidence and accuracy are apart.
     *
     * @param logLoss mean negative natural logarithm of the true class's probability
     * @param expectedError the expected calibration error: over {@link #BINS} bins of equal width of the decided class's
     *     probability, the mean distance of its mean from the share of right decisions, weighted by the bins' sizes
     * @param noiseFloor what the expected error of a perfectly calibrated model would be with so many images of these
     *     probabilities, by chance alone
     */
    public record Reliability(double logLoss, double expectedError, double noiseFloor) {}

    /** Bins of the expected calibration error. */
    public static final int BINS = 15;
}
