package io.scanstream.trainer.network;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/** How a parameter's values begin; random ones come from libtorch's generator, seeded by the network. */
@FunctionalInterface
interface Initialisation {

    void fill(Tensor tensor);

    static Initialisation constant(double value) {
        return tensor -> {
            try (Scalar scalar = new Scalar(value)) {
                tensor.fill_(scalar);
            }
        };
    }

    /**
     * PyTorch's default for the weights and the bias of convolutions and linear layers: uniform within ±1/√fanIn, which
     * is {@code kaiming_uniform_(a=√5)} for weights.
     */
    static Initialisation uniform(long fanIn) {
        double bound = 1 / Math.sqrt((double) fanIn);
        return tensor -> tensor.uniform_(-bound, bound, noGenerator());
    }

    /** Normal about 0. */
    static Initialisation normal(double deviation) {
        return tensor -> tensor.normal_(0, deviation, noGenerator());
    }

    private static org.bytedeco.pytorch.GeneratorOptional noGenerator() {
        return new org.bytedeco.pytorch.GeneratorOptional();
    }
}
