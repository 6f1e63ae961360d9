package io.scanstream.trainer.network;

import ai.djl.ndarray.types.Shape;
import io.scanstream.contracts.recipe.Setting;
import io.scanstream.trainer.onnx.OnnxGraph;
import java.util.List;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/** The mean of each window; the zeros that are padded count, as in PyTorch. */
public record AveragePool(
        @Setting(NAME) @Nullable String name,

        @Setting(value = "Side of the square window, in pixels.", fallback = "2", min = 1)
        int kernel,

        @Setting(value = "Step of the window, in pixels; left out, the kernel.", min = 1) @Nullable
        Integer stride,

        @Setting(value = "Pixels of zeros added on each side; at most half of the kernel.", fallback = "0", min = 0)
        int padding)
        implements Layer {

    @Override
    public Shape outputShape(Site at) {
        Shape in = at.requireMap("averagePool");
        if (padding * 2 > kernel) {
            throw at.invalid("averagePool.padding " + padding + " is more than half of kernel " + kernel + ".");
        }
        long height = Site.slide(in.get(1), kernel, step(), padding, 1);
        long width = Site.slide(in.get(2), kernel, step(), padding, 1);
        if (height < 1 || width < 1) {
            throw at.invalid("averagePool.kernel " + kernel + " does not fit into " + in + ".");
        }
        return new Shape(in.get(0), height, width);
    }

    private int step() {
        return stride == null ? kernel : stride;
    }

    @Override
    public Trainable build(Site at, Parameters parameters) {
        long[] kernels = {kernel, kernel};
        long[] strides = {step(), step()};
        long[] paddings = {padding, padding};
        return (x, training) -> torch.avg_pool2d(x, kernels, strides, paddings, false, true, new LongOptional());
    }

    @Override
    public String emit(OnnxGraph graph, String x, Site at, Weights weights) {
        return graph.node(
                "AveragePool",
                at.path(),
                List.of(x),
                OnnxGraph.ints("kernel_shape", kernel, kernel),
                OnnxGraph.ints("strides", step(), step()),
                OnnxGraph.ints("pads", padding, padding, padding, padding),
                OnnxGraph.integer("count_include_pad", 1));
    }
}
