package io.scanstream.contracts.recipe;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;

/** What training makes small. It also says how many outputs the network's head has. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Loss.CrossEntropy.class, name = "crossEntropy"),
    @JsonSubTypes.Type(value = Loss.BceWithLogits.class, name = "bceWithLogits")
})
public sealed interface Loss {
    /** The network's outputs for a number of classes. */
    int outputs(int classes);

    /** Softmax cross entropy, one output a class. */
    record CrossEntropy(
            @Setting(value = "Share of the target that is spread over all classes.", fallback = "0", min = 0, below = 1)
            double labelSmoothing)
            implements Loss {
        @Override
        public int outputs(int classes) {
            return classes;
        }
    }

    /** Binary cross entropy on one output, the positive class's logit; for two classes. */
    record BceWithLogits() implements Loss {
        @Override
        public int outputs(int classes) {
            return 1;
        }
    }
}
