package io.scanstream.trainer.network;

import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.scanstream.trainer.onnx.OnnxGraph;
import java.util.List;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Averages a feature map down to {@code side × side}; with side 1 it is global average pooling, {@code [C, 1, 1]}.
 *
 * @param side has to divide the height and the width that come in, so that the exported file computes the same
 */
public record AdaptiveAveragePool(@Nullable String name, int side) implements Layer {

    public AdaptiveAveragePool {
        Fields.atLeast("adaptiveAveragePool.side", side, 1);
    }

    @JsonCreator
    static AdaptiveAveragePool of(
            @JsonProperty("name") @Nullable String name, @JsonProperty("side") @Nullable Integer side) {
        return new AdaptiveAveragePool(name, Fields.or(side, 1));
    }

    @Override
    public Shape outputShape(Site at) {
        Shape in = at.requireMap("adaptiveAveragePool");
        if (in.get(1) % side != 0 || in.get(2) % side != 0) {
            throw at.invalid("adaptiveAveragePool.side " + side + " does not divide the map " + in
                    + ". Choose another input size or side 1.");
        }
        return new Shape(in.get(0), side, side);
    }

    @Override
    public Trainable build(Site at, Parameters parameters) {
        long[] sides = {side, side};
        return (x, training) -> torch.adaptive_avg_pool2d(x, sides);
    }

    @Override
    public String emit(OnnxGraph graph, String x, Site at, Weights weights) {
        if (side == 1) {
            graph.globallyPooled(x, at.in().getShape());
            return graph.node("GlobalAveragePool", at.path(), List.of(x));
        }
        long height = at.in().get(1) / side;
        long width = at.in().get(2) / side;
        return graph.node(
                "AveragePool",
                at.path(),
                List.of(x),
                OnnxGraph.ints("kernel_shape", height, width),
                OnnxGraph.ints("strides", height, width));
    }
}
