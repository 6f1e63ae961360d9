package io.scanstream.contracts.recipe;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.List;
import org.jspecify.annotations.Nullable;

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

    /** Parameters that are moved otherwise; of several groups that match one, the first. */
    List<Group> groups();

    /** Parameters by name, with a learning rate and a weight decay of their own. */
    record Group(
            @Setting(value = "Names of parameters; * stands for any characters.", example = "layer4.*")
            String match,

            @Setting(value = "Factor of the learning rate; 0 leaves them as they are.", fallback = "1", min = 0)
            double learningRateFactor,

            @Setting(value = "Their weight decay, where it is another.", min = 0) @Nullable
            Double weightDecay) {
        /** Whether the group is meant for a parameter of this name. */
        public boolean matches(String parameter) {
            return NamePattern.of(match).matches(parameter);
        }
    }

    /** Stochastic gradient descent. */
    record Sgd(
            @Setting(value = "Step size.", above = 0, example = "0.01")
            double learningRate,

            @Setting(value = "Share of the last step that is kept.", fallback = "0", min = 0, below = 1)
            double momentum,

            @Setting(value = "L2 penalty added to the gradient.", fallback = "0", min = 0)
            double weightDecay,

            @Setting(value = "Look ahead along the momentum.", fallback = "false")
            boolean nesterov,

            @Setting(value = "Parameters with a rate or a decay of their own.", fallback = "[]")
            List<Group> groups)
            implements Optimizer {
        public Sgd {
            groups = List.copyOf(groups);
        }
    }

    /** Adam (Kingma and Ba, 2015), betas 0.9 and 0.999, epsilon 1e-8. */
    record Adam(
            @Setting(value = "Step size.", above = 0, example = "0.001")
            double learningRate,

            @Setting(value = "L2 penalty added to the gradient.", fallback = "0", min = 0)
            double weightDecay,

            @Setting(value = "Parameters with a rate or a decay of their own.", fallback = "[]")
            List<Group> groups)
            implements Optimizer {
        public Adam {
            groups = List.copyOf(groups);
        }
    }

    /** Adam with decoupled weight decay (Loshchilov and Hutter, 2019), betas 0.9 and 0.999, epsilon 1e-8. */
    record AdamW(
            @Setting(value = "Step size.", above = 0, example = "0.001")
            double learningRate,

            @Setting(value = "Share of a weight that a step of size 1 takes away.", fallback = "0.01", min = 0)
            double weightDecay,

            @Setting(value = "Parameters with a rate or a decay of their own.", fallback = "[]")
            List<Group> groups)
            implements Optimizer {
        public AdamW {
            groups = List.copyOf(groups);
        }
    }
}
