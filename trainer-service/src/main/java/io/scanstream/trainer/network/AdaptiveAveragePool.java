package io.scanstream.trainer.network;

import ai.djl.ndarray.types.Shape;
import io.scanstream.contracts.recipe.Setting;
import io.scanstream.trainer.onnx.OnnxGraph;
import java.util.List;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Averages a feature map to {@code side × side}; with side 1 it is global average pooling, {@code [C, 1, 1]}. Where the side
 * does not divide the map, windows overlap and are of different sizes, as in PyTorch.
 */
public record AdaptiveAveragePool(
        @Setting(NAME) @Nullable String name,

        @Setting(value = "Side of the map that comes out, in pixels.", fallback = "1", min = 1)
        int side)
        implements Layer {

    @Override
    public Shape outputShape(Site at) {
        return new Shape(at.requireMap("adaptiveAveragePool").get(0), side, side);
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
        int height = (int) at.in().get(1);
        int width = (int) at.in().get(2);
        if (height % side == 0 && width % side == 0) {
            return graph.node(
                    "AveragePool",
                    at.path(),
                    List.of(x),
                    OnnxGraph.ints("kernel_shape", height / side, width / side),
                    OnnxGraph.ints("strides", height / side, width / side));
        }
        // ONNX has no such pooling, but it is linear: rows and columns are each multiplied with the windows' weights.
        String rows = graph.floats(at.parameter("rows"), windows(height), side, height);
        String columns = graph.floats(at.parameter("columns"), transposed(windows(width), width), width, side);
        String narrow = graph.node("MatMul", at.parameter("narrow"), List.of(x, columns));
        return graph.node("MatMul", at.path(), List.of(rows, narrow));
    }

    /** {@code [side, length]}: window i is from ⌊i·length/side⌋ to ⌈(i+1)·length/side⌉, PyTorch's rule. */
    private float[] windows(int length) {
        float[] weights = new float[side * length];
        for (int i = 0; i < side; i++) {
            int from = i * length / side;
            int to = ((i + 1) * length + side - 1) / side;
            for (int j = from; j < to; j++) {
                weights[i * length + j] = 1f / (to - from);
            }
        }
        return weights;
    }

    private float[] transposed(float[] matrix, int columns) {
        float[] turned = new float[matrix.length];
        for (int i = 0; i < matrix.length; i++) {
            turned[i % columns * side + i / columns] = matrix[i];
        }
        return turned;
    }
}
