package io.scanstream.trainer.network;

import io.scanstream.contracts.recipe.Setting;
import io.scanstream.trainer.onnx.OnnxGraph;
import java.util.List;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/** {@code x · sigmoid(x)} (Elfwing et al. 2018), also called swish. */
public record Silu(@Setting(NAME) @Nullable String name) implements Layer {

    @Override
    public Trainable build(Site at, Parameters parameters) {
        return (x, training) -> torch.silu(x);
    }

    @Override
    public String emit(OnnxGraph graph, String x, Site at, Weights weights) {
        String gate = graph.node("Sigmoid", at.parameter("gate"), List.of(x));
        return graph.node("Mul", at.path(), List.of(x, gate));
    }
}
