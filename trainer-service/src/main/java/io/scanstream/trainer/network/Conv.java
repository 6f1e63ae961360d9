package io.scanstream.trainer.network;

import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.scanstream.contracts.recipe.Setting;
import io.scanstream.trainer.onnx.OnnxGraph;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/** Two-dimensional convolution: {@code [C, H, W]} to {@code [out, H', W']}. */
public record Conv(
        @Setting(NAME) @Nullable String name,

        @Setting(
                value = "Channels that come out; only the last layer may leave it to the task.",
                min = 1,
                example = "32")
        @Nullable
        Integer out,

        @Setting(value = "Side of the square kernel, in pixels.", fallback = "3", min = 1)
        int kernel,

        @Setting(value = "Step of the kernel, in pixels.", fallback = "1", min = 1)
        int stride,

        @Setting(value = "Pixels added on each side.", fallback = "0", min = 0)
        int padding,

        @Setting(value = "Distance of the kernel's values, in pixels.", fallback = "1", min = 1)
        int dilation,

        @Setting(
                value = "The channels are cut into as many groups that do not see each other.",
                fallback = "1",
                min = 1)
        int groups,

        @Setting(value = "Whether each channel has an offset.", fallback = "true")
        boolean bias,

        @Setting(value = "What is added: zeros, or the mirrored edge (reflect).", fallback = "zeros")
        Padding paddingMode,

        @Setting(value = Start.ABOUT, fallback = "default") Start start)
        implements Foldable {

    /** What is added around the map. */
    public enum Padding {
        @JsonProperty("zeros")
        ZEROS,
        @JsonProperty("reflect")
        REFLECT
    }

    /** Stride 1, no padding, with bias, PyTorch's beginning. */
    static Conv of(@Nullable Integer out, int kernel) {
        return new Conv(null, out, kernel, 1, 0, 1, 1, true, Padding.ZEROS, Start.DEFAULT);
    }

    Conv named(@Nullable String other) {
        return new Conv(other, out, kernel, stride, padding, dilation, groups, bias, paddingMode, start);
    }

    Conv stride(int other) {
        return new Conv(name, out, kernel, other, padding, dilation, groups, bias, paddingMode, start);
    }

    Conv padding(int other) {
        return new Conv(name, out, kernel, stride, other, dilation, groups, bias, paddingMode, start);
    }

    Conv reflected(int other) {
        return new Conv(name, out, kernel, stride, other, dilation, groups, bias, Padding.REFLECT, start);
    }

    Conv dilated(int other) {
        return new Conv(name, out, kernel, stride, padding, other, groups, bias, paddingMode, start);
    }

    Conv groups(int other) {
        return new Conv(name, out, kernel, stride, padding, dilation, other, bias, paddingMode, start);
    }

    Conv withoutBias() {
        return new Conv(name, out, kernel, stride, padding, dilation, groups, false, paddingMode, start);
    }

    /** Weights that begin as in torchvision's networks. */
    Conv kaiming() {
        return new Conv(name, out, kernel, stride, padding, dilation, groups, bias, paddingMode, Start.KAIMING_NORMAL);
    }

    @Override
    public Shape outputShape(Site at) {
        Shape in = at.requireMap("conv");
        int outputs = at.outputsOr(out);
        if (at.channels() % groups != 0 || outputs % groups != 0) {
            throw at.invalid("conv.groups " + groups + " does not divide " + at.channels() + " channels in and "
                    + outputs + " out.");
        }
        long height = Site.slide(in.get(1), kernel, stride, padding, dilation);
        long width = Site.slide(in.get(2), kernel, stride, padding, dilation);
        if (height < 1 || width < 1) {
            throw at.invalid("conv.kernel " + kernel + " does not fit into " + in + " with padding " + padding + ".");
        }
        if (paddingMode == Padding.REFLECT && padding >= Math.min(in.get(1), in.get(2))) {
            throw at.invalid("conv.padding " + padding + " is not below the sides of " + in
                    + ": there is not so much to mirror.");
        }
        return new Shape(outputs, height, width);
    }

    @Override
    public List<Parameter> parameters(Site at) {
        long fanIn = (long) at.channels() / groups * kernel * kernel;
        long fanOut = (long) at.outputsOr(out) * kernel * kernel / groups;
        List<Parameter> parameters = new ArrayList<>();
        parameters.add(new Parameter(at.parameter("weight"), weightShape(at), start.weights(fanIn, fanOut), true));
        if (bias) {
            parameters.add(new Parameter(at.parameter("bias"), new Shape(at.outputsOr(out)), start.bias(fanIn), true));
        }
        return parameters;
    }

    private Shape weightShape(Site at) {
        return new Shape(at.outputsOr(out), at.channels() / groups, kernel, kernel);
    }

    @Override
    public long multiplications(Site at) {
        return outputShape(at).size() * at.channels() / groups * kernel * kernel;
    }

    @Override
    public Trainable build(Site at, Parameters parameters) {
        Weight weight = new Weight(parameters.get(at.parameter("weight")));
        Weight offset = new Weight(bias ? parameters.get(at.parameter("bias")) : null);
        long[] strides = {stride, stride};
        long[] dilations = {dilation, dilation};
        if (mirrors()) {
            long[] sides = {padding, padding, padding, padding};
            long[] none = {0, 0};
            return (x, training) -> torch.conv2d(
                    torch.reflection_pad2d(x, sides),
                    weight.with(x),
                    offset.maybeWith(x),
                    strides,
                    none,
                    dilations,
                    groups);
        }
        long[] paddings = {padding, padding};
        return (x, training) ->
                torch.conv2d(x, weight.with(x), offset.maybeWith(x), strides, paddings, dilations, groups);
    }

    private boolean mirrors() {
        return paddingMode == Padding.REFLECT && padding > 0;
    }

    @Override
    public boolean takesNormBefore() {
        return padding == 0 || paddingMode == Padding.REFLECT;
    }

    @Override
    public String emitFolded(
            OnnxGraph graph, String x, Site at, Weights weights, @Nullable Affine before, @Nullable Affine after) {
        int outputs = at.outputsOr(out);
        int area = kernel * kernel;
        int inputs = at.channels() / groups;
        Folded folded = Folded.of(
                weights.get(at.parameter("weight")),
                bias ? weights.get(at.parameter("bias")) : null,
                outputs,
                i -> i / (inputs * area) / (outputs / groups) * inputs + i / area % inputs,
                i -> i / (inputs * area),
                before,
                after);
        List<String> from = new ArrayList<>();
        from.add(mirrors() ? mirrored(graph, x, at) : x);
        from.add(graph.floats(
                at.parameter("weight"), folded.weights(), weightShape(at).getShape()));
        if (folded.bias() != null) {
            from.add(graph.floats(at.parameter("bias"), folded.bias(), outputs));
        }
        int zeros = mirrors() ? 0 : padding;
        return graph.node(
                "Conv",
                at.path(),
                from,
                OnnxGraph.ints("kernel_shape", kernel, kernel),
                OnnxGraph.ints("strides", stride, stride),
                OnnxGraph.ints("pads", zeros, zeros, zeros, zeros),
                OnnxGraph.ints("dilations", dilation, dilation),
                OnnxGraph.integer("group", groups));
    }

    private String mirrored(OnnxGraph graph, String x, Site at) {
        String sides = graph.longs(at.parameter("pads"), 0, 0, padding, padding, 0, 0, padding, padding);
        return graph.node("Pad", at.parameter("padded"), List.of(x, sides), OnnxGraph.text("mode", "reflect"));
    }
}
