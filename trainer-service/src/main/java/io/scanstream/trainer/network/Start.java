package io.scanstream.trainer.network;

import com.fasterxml.jackson.annotation.JsonProperty;

/** How the weights of a convolution or a linear layer begin. */
public enum Start {
    /** PyTorch's: weights and bias uniform within ±1/√fanIn. */
    @JsonProperty("default")
    DEFAULT,
    /** He et al. 2015 for ReLU: normal with deviation √(2/fan), by fan out for convolutions, fan in for linear; bias 0. */
    @JsonProperty("kaimingNormal")
    KAIMING_NORMAL,
    /** Normal with deviation 0.01, bias 0: torchvision's for the linear layers of VGG. */
    @JsonProperty("smallNormal")
    SMALL_NORMAL;

    /** What a recipe says of it. */
    static final String ABOUT = "How the weights begin: default (PyTorch's), kaimingNormal or smallNormal (0.01).";

    /**
     * The weights' beginning.
     *
     * @param fanIn inputs of one output, for PyTorch's default
     * @param kaimingFan the fan that He's rule takes
     */
    Initialisation weights(long fanIn, long kaimingFan) {
        return switch (this) {
            case DEFAULT -> Initialisation.uniform(fanIn);
            case KAIMING_NORMAL -> Initialisation.normal(Math.sqrt(2.0 / kaimingFan));
            case SMALL_NORMAL -> Initialisation.normal(0.01);
        };
    }

    Initialisation bias(long fanIn) {
        return this == DEFAULT ? Initialisation.uniform(fanIn) : Initialisation.constant(0);
    }
}
