package io.scanstream.trainer.network;

import ai.djl.ndarray.types.Shape;
import io.scanstream.contracts.recipe.Setting;
import io.scanstream.trainer.onnx.OnnxGraph;
import java.util.List;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/** {@code max(x, 0) + slope · min(x, 0)} with a slope that is learnt and begins at 0.25 (He et al. 2015). */
public record Prelu(
        @Setting(NAME) @Nullable String name,

        @Setting(value = "A slope for each channel; else one for all.", fallback = "false")
        boolean perChannel)
        implements Layer {

    @Override
    public List<Parameter> parameters(Site at) {
        return List.of(
                new Parameter(at.parameter("weight"), new Shape(slopes(at)), Initialisation.constant(0.25), true));
    }

    private int slopes(Site at) {
        return perChannel ? at.channels() : 1;
    }

    @Override
    public Trainable build(Site at, Parameters parameters) {
        Weight slope = new Weight(parameters.get(at.parameter("weight")));
        return (x, training) -> torch.prelu(x, slope.with(x));
    }

    @Override
    public String emit(OnnxGraph graph, String x, Site at, Weights weights) {
        String name = at.parameter("weight");
        String slope = at.isMap()
                ? graph.floats(name, weights.get(name), slopes(at), 1, 1)
                : graph.floats(name, weights.get(name), slopes(at));
        return graph.node("PRelu", at.path(), List.of(x, slope));
    }
}
