package io.scanstream.trainer.network;

import ai.djl.ndarray.types.Shape;
import io.scanstream.contracts.recipe.Setting;
import io.scanstream.trainer.onnx.OnnxGraph;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/** Group normalisation (Wu and He 2018) of the channels of a feature map or of the features of a vector, image by image. */
public record GroupNorm(
        @Setting(NAME) @Nullable String name,

        @Setting(
                value = "Groups of channels that are normalised together; has to divide the channels.",
                min = 1,
                example = "8")
        int groups,

        @Setting(value = "Added to the variance.", fallback = "0.00001", above = 0)
        double epsilon)
        implements Layer {

    @Override
    public Shape outputShape(Site at) {
        if (at.channels() % groups != 0) {
            throw at.invalid("groupNorm.groups " + groups + " does not divide " + at.channels() + " channels.");
        }
        return at.in();
    }

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
        return (x, training) -> torch.group_norm(x, groups, weight, bias, epsilon, true);
    }

    /** ONNX 17 has no group norm: each group is made one channel of an instance norm, as PyTorch exports it. */
    @Override
    public String emit(OnnxGraph graph, String x, Site at, Weights weights) {
        float[] ones = new float[groups];
        Arrays.fill(ones, 1);
        String grouped = graph.node(
                "Reshape", at.parameter("grouped"), List.of(x, graph.longs(at.parameter("groups"), 0, groups, -1)));
        String normal = graph.node(
                "InstanceNormalization",
                at.parameter("normal"),
                List.of(
                        grouped,
                        graph.floats(at.parameter("ones"), ones, groups),
                        graph.floats(at.parameter("zeros"), new float[groups], groups)),
                OnnxGraph.real("epsilon", epsilon));
        long[] batched = new long[at.in().dimension() + 1];
        System.arraycopy(at.in().getShape(), 0, batched, 1, at.in().dimension());
        String back = graph.node(
                "Reshape", at.parameter("ungrouped"), List.of(normal, graph.longs(at.parameter("shape"), batched)));
        String scaled =
                graph.node("Mul", at.parameter("scaled"), List.of(back, perChannel(graph, at, "weight", weights)));
        return graph.node("Add", at.path(), List.of(scaled, perChannel(graph, at, "bias", weights)));
    }

    private static String perChannel(OnnxGraph graph, Site at, String name, Weights weights) {
        String full = at.parameter(name);
        return at.isMap()
                ? graph.floats(full, weights.get(full), at.channels(), 1, 1)
                : graph.floats(full, weights.get(full), at.channels());
    }
}
