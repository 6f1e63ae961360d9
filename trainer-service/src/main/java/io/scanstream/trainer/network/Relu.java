package io.scanstream.trainer.network;

import io.scanstream.contracts.recipe.Setting;
import io.scanstream.trainer.onnx.OnnxGraph;
import java.util.List;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/** {@code max(x, 0)}. */
public record Relu(@Setting(NAME) @Nullable String name) implements Layer {

    @Override
    public Trainable build(Site at, Parameters parameters) {
        return (x, training) -> torch.relu(x);
    }

    /** Overwrites what comes in, which saves a pass over the memory. */
    static Trainable inPlace() {
        return (x, training) -> x.relu_();
    }

    @Override
    public String emit(OnnxGraph graph, String x, Site at, Weights weights) {
        return graph.node("Relu", at.path(), List.of(x));
    }
}
