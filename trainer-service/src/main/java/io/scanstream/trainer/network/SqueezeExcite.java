package io.scanstream.trainer.network;

import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.scanstream.contracts.recipe.Setting;
import io.scanstream.trainer.onnx.OnnxGraph;
import java.util.List;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Squeeze and excitation (Hu et al. 2018): each channel is multiplied by a share that the means of all channels decide,
 * through two convolutions with kernel 1; torchvision's {@code SqueezeExcitation}.
 */
public record SqueezeExcite(
        @Setting(NAME) @Nullable String name,

        @Setting(value = "Channels between the two convolutions.", min = 1, example = "8")
        int squeeze,

        @Setting(value = "Between the convolutions: relu or silu.", fallback = "relu")
        Activation activation)
        implements Layer {

    /** What is between the two convolutions. */
    public enum Activation {
        @JsonProperty("relu")
        RELU,
        @JsonProperty("silu")
        SILU
    }

    @Override
    public Shape outputShape(Site at) {
        return at.requireMap("squeezeExcite");
    }

    @Override
    public List<Parameter> parameters(Site at) {
        return shares(at).parameters(pooled(at));
    }

    @Override
    public Trainable build(Site at, Parameters parameters) {
        Trainable shares = shares(at).build(pooled(at), parameters);
        return (x, training) -> x.mul(shares.forward(torch.adaptive_avg_pool2d(x, 1, 1), training));
    }

    @Override
    public String emit(OnnxGraph graph, String x, Site at, Weights weights) {
        String means = graph.node("GlobalAveragePool", at.parameter("means"), List.of(x));
        String shares = shares(at).emit(graph, means, pooled(at), weights);
        return graph.node("Mul", at.path(), List.of(x, shares));
    }

    private Sequential shares(Site at) {
        Layer between = activation == Activation.RELU ? new Relu("activation") : new Silu("activation");
        return new Sequential(
                null,
                List.of(
                        Conv.of(squeeze, 1).named("fc1").kaiming(),
                        between,
                        Conv.of(at.channels(), 1).named("fc2").kaiming(),
                        new Sigmoid("shares")));
    }

    private static Site pooled(Site at) {
        return new Site(at.path(), new Shape(at.channels(), 1, 1), at.outputs());
    }
}
