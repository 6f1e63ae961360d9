package io.scanstream.trainer.network;

import io.scanstream.contracts.recipe.Setting;
import io.scanstream.trainer.onnx.OnnxGraph;
import java.util.List;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/** The hyperbolic tangent. */
public record Tanh(@Setting(NAME) @Nullable String name) implements Layer {

    @Override
    public Trainable build(Site at, Parameters parameters) {
        return (x, training) -> torch.tanh(x);
    }

    @Override
    public String emit(OnnxGraph graph, String x, Site at, Weights weights) {
        return graph.node("Tanh", at.path(), List.of(x));
    }
}
