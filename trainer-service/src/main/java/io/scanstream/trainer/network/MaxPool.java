package io.scanstream.trainer.network;

import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.scanstream.trainer.onnx.OnnxGraph;
import java.util.List;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * The largest value of each window.
 *
 * @param kernel side of the square window
 * @param stride absent in a recipe, the kernel's
 */
public record MaxPool(@Nullable String name, int kernel, int stride, int padding) implements Layer {

    public MaxPool {
        Fields.atLeast("maxPool.kernel", kernel, 1);
        Fields.atLeast("maxPool.stride", stride, 1);
        Fields.atLeast("maxPool.padding", padding, 0);
    }

    @JsonCreator
    static MaxPool of(
            @JsonProperty("name") @Nullable String name,
            @JsonProperty("kernel") @Nullable Integer kernel,
            @JsonProperty("stride") @Nullable Integer stride,
            @JsonProperty("padding") @Nullable Integer padding) {
        int side = Fields.or(kernel, 2);
        return new MaxPool(name, side, Fields.or(stride, side), Fields.or(padding, 0));
    }

    @Override
    public Shape outputShape(Site at) {
        Shape in = at.requireMap("maxPool");
        if (padding * 2 > kernel) {
            throw at.invalid("maxPool.padding " + padding + " is more than half of kernel " + kernel + ".");
        }
        long height = Site.slide(in.get(1), kernel, stride, padding, 1);
        long width = Site.slide(in.get(2), kernel, stride, padding, 1);
        if (height < 1 || width < 1) {
            throw at.invalid("maxPool.kernel " + kernel + " does not fit into " + in + ".");
        }
        return new Shape(in.get(0), height, width);
    }

    @Override
    public Trainable build(Site at, Parameters parameters) {
        long[] kernels = {kernel, kernel};
        long[] strides = {stride, stride};
        long[] paddings = {padding, padding};
        long[] dilations = {1, 1};
        return (x, training) -> torch.max_pool2d(x, kernels, strides, paddings, dilations, false);
    }

    @Override
    public String emit(OnnxGraph graph, String x, Site at, Weights weights) {
        return graph.node(
                "MaxPool",
                at.path(),
                List.of(x),
                OnnxGraph.ints("kernel_shape", kernel, kernel),
                OnnxGraph.ints("strides", stride, stride),
                OnnxGraph.ints("pads", padding, padding, padding, padding));
    }
}
