package io.scanstream.trainer.network;

import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.scanstream.trainer.onnx.OnnxGraph;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A residual block (He et al. 2016): {@code relu(layers(x) + shortcut(x))}.
 *
 * @param layers what is learnt beside the shortcut
 * @param shortcut empty for the identity; its parameters are named {@code downsample.*}, as in torchvision
 */
public record Residual(@Nullable String name, List<Layer> layers, List<Layer> shortcut) implements Layer {

    public Residual {
        layers = List.copyOf(layers);
        shortcut = List.copyOf(shortcut);
    }

    @JsonCreator
    static Residual of(
            @JsonProperty("name") @Nullable String name,
            @JsonProperty(value = "layers", required = true) List<Layer> layers,
            @JsonProperty("shortcut") @Nullable List<Layer> shortcut) {
        return new Residual(name, layers, Fields.or(shortcut, List.of()));
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
    public Trainable build(Site at, Parameters parameters) {
        Trainable learnt = body().build(at, parameters);
        Trainable kept = side().build(sideSite(at), parameters);
        return (x, training) ->
                learnt.forward(x, training).add(kept.forward(x, training)).relu_();
    }

    @Override
    public String emit(OnnxGraph graph, String x, Site at, Weights weights) {
        String learnt = body().emit(graph, x, at, weights);
        String kept = side().emit(graph, x, sideSite(at), weights);
        String sum = graph.node("Add", at.parameter("sum"), List.of(learnt, kept));
        return graph.node("Relu", at.parameter("relu"), List.of(sum));
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
