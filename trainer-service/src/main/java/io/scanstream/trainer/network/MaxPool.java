package io.scanstream.trainer.network;

import ai.djl.ndarray.types.Shape;
import io.scanstream.contracts.recipe.Setting;
import io.scanstream.trainer.onnx.OnnxGraph;
import java.util.List;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/** The largest value of each window; what is padded is never the largest. */
public record MaxPool(
        @Setting(NAME) @Nullable String name,

        @Setting(value = "Side of the square window, in pixels.", fallback = "2", min = 1)
        int kernel,

        @Setting(value = "Step of the window, in pixels; left out, the kernel.", min = 1) @Nullable
        Integer stride,

        @Setting(value = "Pixels added on each side; at most half of the kernel.", fallback = "0", min = 0)
        int padding,

        @Setting(
                value = "Whether a last window that reaches beyond the map counts; PyTorch's ceil_mode.",
                fallback = "false")
        boolean ceil)
        implements Layer {

    static MaxPool of(int kernel, int stride) {
        return new MaxPool(null, kernel, stride, 0, false);
    }

    @Override
    public Shape outputShape(Site at) {
        Shape in = at.requireMap("maxPool");
        if (padding * 2 > kernel) {
            throw at.invalid("maxPool.padding " + padding + " is more than half of kernel " + kernel + ".");
        }
        long height = side(in.get(1));
        long width = side(in.get(2));
        if (height < 1 || width < 1) {
            throw at.invalid("maxPool.kernel " + kernel + " does not fit into " + in + ".");
        }
        return new Shape(in.get(0), height, width);
    }

    private int step() {
        return stride == null ? kernel : stride;
    }

    private long side(long in) {
        long floor = Site.slide(in, kernel, step(), padding, 1);
        boolean rest = Math.floorMod(in + 2L * padding - kernel, step()) != 0;
        // As PyTorch: the last window has to start within the map or its left padding.
        return ceil && rest && floor * step() < in + padding ? floor + 1 : floor;
    }

    @Override
    public Trainable build(Site at, Parameters parameters) {
        long[] kernels = {kernel, kernel};
        long[] strides = {step(), step()};
        long[] paddings = {padding, padding};
        long[] dilations = {1, 1};
        return (x, training) -> torch.max_pool2d(x, kernels, strides, paddings, dilations, ceil);
    }

    @Override
    public String emit(OnnxGraph graph, String x, Site at, Weights weights) {
        return graph.node(
                "MaxPool",
                at.path(),
                List.of(x),
                OnnxGraph.ints("kernel_shape", kernel, kernel),
                OnnxGraph.ints("strides", step(), step()),
                OnnxGraph.ints(
                        "pads",
                        padding,
                        padding,
                        end(at.in().get(1)),
                        end(at.in().get(2))));
    }

    /** The last window's overhang as padding: what runtimes make of ceil_mode differs. */
    private long end(long in) {
        return Math.max(padding, (side(in) - 1) * step() + kernel - in - padding);
    }
}
