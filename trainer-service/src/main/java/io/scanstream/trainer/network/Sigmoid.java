package io.scanstream.trainer.network;

import io.scanstream.contracts.recipe.Setting;
import io.scanstream.trainer.onnx.OnnxGraph;
import java.util.List;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/** {@code 1 / (1 + e^−x)}. */
public record Sigmoid(@Setting(NAME) @Nullable String name) implements Layer {

    @Override
    public Trainable build(Site at, Parameters parameters) {
        return (x, training) -> torch.sigmoid(x);
    }

    @Override
    public String emit(OnnxGraph graph, String x, Site at, Weights weights) {
        return graph.node("Sigmoid", at.path(), List.of(x));
    }
}
