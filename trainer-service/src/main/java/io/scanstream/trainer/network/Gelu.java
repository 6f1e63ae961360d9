package io.scanstream.trainer.network;

import io.scanstream.contracts.recipe.Setting;
import io.scanstream.trainer.onnx.OnnxGraph;
import java.util.List;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/** {@code x · Φ(x)} with the normal distribution's Φ (Hendrycks and Gimpel 2016), exact, not its approximation by tanh. */
public record Gelu(@Setting(NAME) @Nullable String name) implements Layer {

    @Override
    public Trainable build(Site at, Parameters parameters) {
        return (x, training) -> torch.gelu(x);
    }

    @Override
    public String emit(OnnxGraph graph, String x, Site at, Weights weights) {
        String scaled =
                graph.node("Mul", at.parameter("scaled"), List.of(x, graph.floats(at.parameter("root"), new float[] {
                    (float) Math.sqrt(0.5)
                })));
        String erf = graph.node("Erf", at.parameter("erf"), List.of(scaled));
        String shifted = graph.node(
                "Add", at.parameter("shifted"), List.of(erf, graph.floats(at.parameter("one"), new float[] {1})));
        String half = graph.node(
                "Mul", at.parameter("half"), List.of(x, graph.floats(at.parameter("factor"), new float[] {0.5f})));
        return graph.node("Mul", at.path(), List.of(half, shifted));
    }
}
