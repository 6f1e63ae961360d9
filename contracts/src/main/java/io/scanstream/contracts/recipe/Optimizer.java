package io.scanstream.contracts.recipe;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;

/** How the weights follow the gradient; each as PyTorch's optimizer of the same name. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Optimizer.Sgd.class, name = "sgd"),
    @JsonSubTypes.Type(value = Optimizer.Adam.class, name = "adam"),
    @JsonSubTypes.Type(value = Optimizer.AdamW.class, name = "adamW")
})
public sealed interface Optimizer {
    double learningRate();

    double weightDecay();

    /** Stochastic gradient descent. */
    record Sgd(
            @Setting(value = "Step size.", above = 0, example = "0.01")
            double learningRate,

            @Setting(value = "Share of the last step that is kept.", fallback = "0", min = 0, below = 1)
            double momentum,

            @Setting(value = "L2 penalty added to the gradient.", fallback = "0", min = 0)
            double weightDecay,

            @Setting(value = "Look ahead along the momentum.", fallback = "false")
            boolean nesterov)
            implements Optimizer {}

    /** Adam (Kingma and Ba, 2015), betas 0.9 and 0.999, epsilon 1e-8. */
    record Adam(
            @Setting(value = "Step size.", above = 0, example = "0.001")
            double learningRate,

            @Setting(value = "L2 penalty added to the gradient.", fallback = "0", min = 0)
            double weightDecay)
            implements Optimizer {}

    /** Adam with decoupled weight decay (Loshchilov and Hutter, 2019), betas 0.9 and 0.999, epsilon 1e-8. */
    record AdamW(
            @Setting(value = "Step size.", above = 0, example = "0.001")
            double learningRate,

            @Setting(value = "Share of a weight that a step of size 1 takes away.", fallback = "0.01", min = 0)
            double weightDecay)
            implements Optimizer {}
}
