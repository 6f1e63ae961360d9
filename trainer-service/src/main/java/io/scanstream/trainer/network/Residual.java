package io.scanstream.trainer.network;

import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.scanstream.contracts.recipe.Setting;
import io.scanstream.trainer.onnx.OnnxGraph;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * A residual block (He et al. 2016): {@code activation(layers(x) + shortcut(x))}. The shortcut's parameters are named {@code
 * downsample.*}, as in torchvision.
 */
public record Residual(
        @Setting(NAME) @Nullable String name,

        @Setting("What is learnt beside the shortcut.") List<Layer> layers,

        @Setting(value = "The layers of the shortcut; without any it passes on what comes in.", fallback = "[]")
        List<Layer> shortcut,

        @Setting(value = "After the sum: relu or none.", fallback = "relu")
        Activation activation,

        @Setting(
                value =
                        "Stochastic depth (Huang et al. 2016): share of the images for which a step of training leaves the"
                                + " layers out.",
                fallback = "0",
                min = 0,
                below = 1)
        double stochasticDepth)
        implements Layer {

    /** What follows the sum. */
    public enum Activation {
        @JsonProperty("relu")
        RELU,
        @JsonProperty("none")
        NONE
    }

    public Residual {
        layers = List.copyOf(layers);
        shortcut = List.copyOf(shortcut);
    }

    @Override
    public Shape outputShape(Site at) {
        Shape learnt = body().outputShape(at);
        Shape kept = side().outputShape(sideSite(at));
        if (!learnt.equals(kept)) {
            throw at.invalid("the block's layers give " + learnt + " but its shortcut gives " + kept
                    + ". Give the shortcut a convolution with kernel 1 and the block's stride and channels.");
        }
        return learnt;
    }

    @Override
    public List<Parameter> parameters(Site at) {
        List<Parameter> parameters = new ArrayList<>(body().parameters(at));
        parameters.addAll(side().parameters(sideSite(at)));
        return parameters;
    }

    @Override
    public long multiplications(Site at) {
        return body().multiplications(at) + side().multiplications(sideSite(at));
    }

    @Override
    public Trainable build(Site at, Parameters parameters) {
        Trainable learnt = body().build(at, parameters);
        Trainable kept = side().build(sideSite(at), parameters);
        return (x, training) -> {
            Tensor added = learnt.forward(x, training);
            Tensor sum = (training && stochasticDepth > 0 ? thinned(added) : added).add(kept.forward(x, training));
            return activation == Activation.RELU ? sum.relu_() : sum;
        };
    }

    /** Whole images are zero, the others scaled up so that the mean stays. */
    private Tensor thinned(Tensor added) {
        long[] perImage = new long[(int) added.dim()];
        java.util.Arrays.fill(perImage, 1);
        perImage[0] = added.size(0);
        double kept = 1 - stochasticDepth;
        return added.mul(torch.bernoulli(torch.full(perImage, new Scalar(kept)).to(added.device(), added.scalar_type()))
                .div(new Scalar(kept)));
    }

    @Override
    public String emit(OnnxGraph graph, String x, Site at, Weights weights) {
        String learnt = body().emit(graph, x, at, weights);
        String kept = side().emit(graph, x, sideSite(at), weights);
        String sum = graph.node("Add", at.parameter("sum"), List.of(learnt, kept));
        return activation == Activation.RELU ? graph.node("Relu", at.parameter("activated"), List.of(sum)) : sum;
    }

    private Sequential body() {
        return new Sequential(null, layers);
    }

    private Sequential side() {
        return new Sequential(null, shortcut);
    }

    private static Site sideSite(Site at) {
        return at.child("downsample", at.in());
    }
}
