package io.scanstream.trainer.network;

import ai.djl.ndarray.types.Shape;
import io.scanstream.contracts.recipe.Setting;
import io.scanstream.trainer.onnx.OnnxGraph;
import java.util.List;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/** The largest values of a feature map, {@code side × side} of them; with side 1 it is global max pooling. */
public record AdaptiveMaxPool(
        @Setting(NAME) @Nullable String name,

        @Setting(
                value = "Side of the map that comes out, in pixels; has to divide the sides that come in.",
                fallback = "1",
                min = 1)
        int side)
        implements Layer {

    @Override
    public Shape outputShape(Site at) {
        Shape in = at.requireMap("adaptiveMaxPool");
        if (in.get(1) % side != 0 || in.get(2) % side != 0) {
            throw at.invalid("adaptiveMaxPool.side " + side + " does not divide the map " + in
                    + ". Choose another input size or side 1.");
        }
        return new Shape(in.get(0), side, side);
    }

    @Override
    public Trainable build(Site at, Parameters parameters) {
        long[] sides = {side, side};
        return (x, training) -> torch.adaptive_max_pool2d(x, sides).get0();
    }

    @Override
    public String emit(OnnxGraph graph, String x, Site at, Weights weights) {
        long height = at.in().get(1) / side;
        long width = at.in().get(2) / side;
        return graph.node(
                "MaxPool",
                at.path(),
                List.of(x),
                OnnxGraph.ints("kernel_shape", height, width),
                OnnxGraph.ints("strides", height, width));
    }
}
