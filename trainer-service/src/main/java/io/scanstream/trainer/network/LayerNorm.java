package io.scanstream.trainer.network;

import ai.djl.ndarray.types.Shape;
import io.scanstream.contracts.recipe.Setting;
import io.scanstream.trainer.onnx.OnnxGraph;
import java.util.List;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Layer normalisation (Ba et al. 2016): of a vector over its features, of a feature map over the channels of each pixel, as
 * in ConvNeXt (Liu et al. 2022).
 */
public record LayerNorm(
        @Setting(NAME) @Nullable String name,

        @Setting(value = "Added to the variance.", fallback = "0.00001", above = 0)
        double epsilon)
        implements Layer {

    @Override
    public List<Parameter> parameters(Site at) {
        Shape each = new Shape(at.channels());
        return List.of(
                new Parameter(at.parameter("weight"), each, Initialisation.constant(1), true),
                new Parameter(at.parameter("bias"), each, Initialisation.constant(0), true));
    }

    @Override
    public boolean givesItsResultAway() {
        return true;
    }

    @Override
    public Trainable build(Site at, Parameters parameters) {
        TensorOptional weight = new TensorOptional(parameters.get(at.parameter("weight")));
        TensorOptional bias = new TensorOptional(parameters.get(at.parameter("bias")));
        long[] over = {at.channels()};
        if (!at.isMap()) {
            return (x, training) -> torch.layer_norm(x, over, weight, bias, epsilon, true);
        }
        return (x, training) -> torch.layer_norm(x.permute(0, 2, 3, 1), over, weight, bias, epsilon, true)
                .permute(0, 3, 1, 2);
    }

    @Override
    public String emit(OnnxGraph graph, String x, Site at, Weights weights) {
        if (!at.isMap()) {
            return normal(graph, at.path(), x, at, weights);
        }
        String last =
                graph.node("Transpose", at.parameter("channelsLast"), List.of(x), OnnxGraph.ints("perm", 0, 2, 3, 1));
        String normal = normal(graph, at.parameter("normal"), last, at, weights);
        return graph.node("Transpose", at.path(), List.of(normal), OnnxGraph.ints("perm", 0, 3, 1, 2));
    }

    private String normal(OnnxGraph graph, String wished, String x, Site at, Weights weights) {
        return graph.node(
                "LayerNormalization",
                wished,
                List.of(
                        x,
                        graph.floats(at.parameter("weight"), weights.get(at.parameter("weight")), at.channels()),
                        graph.floats(at.parameter("bias"), weights.get(at.parameter("bias")), at.channels())),
                OnnxGraph.integer("axis", -1),
                OnnxGraph.real("epsilon", epsilon));
    }
}
