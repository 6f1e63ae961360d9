package io.scanstream.trainer.network;

import ai.djl.ndarray.types.Shape;
import io.scanstream.contracts.recipe.Setting;
import io.scanstream.trainer.onnx.OnnxGraph;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Transposed convolution (Zeiler et al. 2010), PyTorch's {@code ConvTranspose2d}: {@code [C, H, W]} to {@code [out, H', W']}
 * with {@code H' = (H − 1)·stride − 2·padding + kernel + outputPadding}.
 */
public record TransposedConv(
        @Setting(NAME) @Nullable String name,

        @Setting(
                value = "Channels that come out; only the last layer may leave it to the task.",
                min = 1,
                example = "32")
        @Nullable
        Integer out,

        @Setting(value = "Side of the square kernel, in pixels.", fallback = "2", min = 1)
        int kernel,

        @Setting(value = "How many times larger the map becomes.", fallback = "2", min = 1)
        int stride,

        @Setting(value = "Pixels cut off on each side.", fallback = "0", min = 0)
        int padding,

        @Setting(value = "Pixels added at the right and at the bottom; below the stride.", fallback = "0", min = 0)
        int outputPadding,

        @Setting(
                value = "The channels are cut into as many groups that do not see each other.",
                fallback = "1",
                min = 1)
        int groups,

        @Setting(value = "Whether each channel has an offset.", fallback = "true")
        boolean bias,

        @Setting(value = Start.ABOUT, fallback = "default") Start start)
        implements Foldable {

    static TransposedConv of(@Nullable Integer out, int kernel, int stride, int padding) {
        return new TransposedConv(null, out, kernel, stride, padding, 0, 1, true, Start.DEFAULT);
    }

    TransposedConv named(@Nullable String other) {
        return new TransposedConv(other, out, kernel, stride, padding, outputPadding, groups, bias, start);
    }

    @Override
    public Shape outputShape(Site at) {
        Shape in = at.requireMap("transposedConv");
        int outputs = at.outputsOr(out);
        if (at.channels() % groups != 0 || outputs % groups != 0) {
            throw at.invalid("transposedConv.groups " + groups + " does not divide " + at.channels()
                    + " channels in and " + outputs + " out.");
        }
        if (outputPadding >= stride) {
            throw at.invalid(
                    "transposedConv.outputPadding " + outputPadding + " is not below the stride " + stride + ".");
        }
        long height = side(in.get(1));
        long width = side(in.get(2));
        if (height < 1 || width < 1) {
            throw at.invalid(
                    "transposedConv.padding " + padding + " cuts off all of the map that it makes of " + in + ".");
        }
        return new Shape(outputs, height, width);
    }

    private long side(long in) {
        return (in - 1) * stride - 2L * padding + kernel + outputPadding;
    }

    @Override
    public List<Parameter> parameters(Site at) {
        int outputs = at.outputsOr(out);
        // PyTorch takes the second dimension of the weights for the fan in, here too.
        long fan = (long) outputs / groups * kernel * kernel;
        List<Parameter> parameters = new ArrayList<>();
        parameters.add(new Parameter(at.parameter("weight"), weightShape(at), start.weights(fan, fan), true));
        if (bias) {
            parameters.add(new Parameter(at.parameter("bias"), new Shape(outputs), start.bias(fan), true));
        }
        return parameters;
    }

    private Shape weightShape(Site at) {
        return new Shape(at.channels(), at.outputsOr(out) / groups, kernel, kernel);
    }

    @Override
    public long multiplications(Site at) {
        return at.in().size() * at.outputsOr(out) / groups * kernel * kernel;
    }

    @Override
    public Trainable build(Site at, Parameters parameters) {
        Weight weight = new Weight(parameters.get(at.parameter("weight")));
        Weight offset = new Weight(bias ? parameters.get(at.parameter("bias")) : null);
        long[] strides = {stride, stride};
        long[] paddings = {padding, padding};
        long[] added = {outputPadding, outputPadding};
        return (x, training) ->
                torch.conv_transpose2d(x, weight.with(x), offset.maybeWith(x), strides, paddings, added, groups, 1, 1);
    }

    /** At the edges fewer pixels add up, and so would a shift. */
    @Override
    public boolean takesNormBefore() {
        return false;
    }

    @Override
    public String emitFolded(
            OnnxGraph graph, String x, Site at, Weights weights, @Nullable Affine before, @Nullable Affine after) {
        int outputs = at.outputsOr(out);
        int area = kernel * kernel;
        int each = outputs / groups;
        int inputs = at.channels() / groups;
        Folded folded = Folded.of(
                weights.get(at.parameter("weight")),
                bias ? weights.get(at.parameter("bias")) : null,
                outputs,
                i -> i / (each * area),
                i -> i / (each * area) / inputs * each + i / area % each,
                before,
                after);
        List<String> from = new ArrayList<>();
        from.add(x);
        from.add(graph.floats(
                at.parameter("weight"), folded.weights(), weightShape(at).getShape()));
        if (folded.bias() != null) {
            from.add(graph.floats(at.parameter("bias"), folded.bias(), outputs));
        }
        return graph.node(
                "ConvTranspose",
                at.path(),
                from,
                OnnxGraph.ints("kernel_shape", kernel, kernel),
                OnnxGraph.ints("strides", stride, stride),
                OnnxGraph.ints("pads", padding, padding, padding, padding),
                OnnxGraph.ints("output_padding", outputPadding, outputPadding),
                OnnxGraph.integer("group", groups));
    }
}
