package io.scanstream.trainer.network;

import ai.djl.ndarray.types.Shape;
import io.scanstream.contracts.recipe.Setting;
import io.scanstream.trainer.onnx.OnnxGraph;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A feature map {@code [C, H, W]} as a vector {@code [C·H·W]}, channel by channel and row by row. */
public record Flatten(@Setting(NAME) @Nullable String name) implements Layer {

    @Override
    public Shape outputShape(Site at) {
        return new Shape(at.in().size());
    }

    @Override
    public Trainable build(Site at, Parameters parameters) {
        return (x, training) -> x.flatten(1, -1);
    }

    @Override
    public String emit(OnnxGraph graph, String x, Site at, Weights weights) {
        return graph.node("Flatten", at.path(), List.of(x), OnnxGraph.integer("axis", 1));
    }
}
