package io.scanstream.contracts.model;

import java.util.List;

/**
 * Generated images with the scores that a model must give for them, {@code golden/golden.json} in the package. No image is
 * a patient's.
 *
 * @param cases covering every class's decision where one can be reached, and odd sizes
 */
public record Golden(List<Case> cases) {

    /**
     * One image as encoded bytes and its scores from ONNX Runtime on CPU.
     *
     * @param file beside {@code golden.json}
     * @param logits the raw head
     * @param probabilities in class order
     * @param decision the class decided for
     */
    public record Case(String file, List<Double> logits, List<Double> probabilities, String decision) {
        public Case {
            logits = List.copyOf(logits);
            probabilities = List.copyOf(probabilities);
        }
    }

    /**
     * How far logits may be from the golden ones, as a share of their spread (largest minus smallest over all cases,
     * at least 1), by where the model runs.
     */
    public enum Tolerance {
        CPU(1e-4),
        CUDA_FP32(1e-3),
        CUDA_REDUCED(2e-2);

        private final double share;

        Tolerance(double share) {
            this.share = share;
        }

        public double share() {
            return share;
        }
    }

    public Golden {
        cases = List.copyOf(cases);
    }

    /** The largest minus the smallest logit over all cases, at least 1. */
    public double spread() {
        double low = Double.POSITIVE_INFINITY;
        double high = Double.NEGATIVE_INFINITY;
        for (Case one : cases) {
            for (double logit : one.logits()) {
                low = Math.min(low, logit);
                high = Math.max(high, logit);
            }
        }
        return Math.max(1, high - low);
    }
}
