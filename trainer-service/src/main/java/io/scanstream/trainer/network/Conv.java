package io.scanstream.trainer.network;

import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.scanstream.trainer.onnx.OnnxGraph;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Two-dimensional convolution with zero padding: {@code [C, H, W]} to {@code [out, H', W']}.
 *
 * @param out channels that come out
 * @param kernel side of the square kernel
 * @param groups the channels are cut into as many groups that do not see each other
 * @param start {@code default} (PyTorch's) or {@code kaimingNormal} (torchvision's for ResNet)
 */
public record Conv(
        @Nullable String name,
        int out,
        int kernel,
        int stride,
        int padding,
        int dilation,
        int groups,
        boolean bias,
        Start start)
        implements Layer {

    /** How the weights begin. */
    public enum Start {
        @JsonProperty("default")
        DEFAULT,
        @JsonProperty("kaimingNormal")
        KAIMING_NORMAL
    }

    public Conv {
        Fields.atLeast("conv.out", out, 1);
        Fields.atLeast("conv.kernel", kernel, 1);
        Fields.atLeast("conv.stride", stride, 1);
        Fields.atLeast("conv.padding", padding, 0);
        Fields.atLeast("conv.dilation", dilation, 1);
        Fields.atLeast("conv.groups", groups, 1);
    }

    @JsonCreator
    static Conv of(
            @JsonProperty("name") @Nullable String name,
            @JsonProperty(value = "out", required = true) int out,
            @JsonProperty("kernel") @Nullable Integer kernel,
            @JsonProperty("stride") @Nullable Integer stride,
            @JsonProperty("padding") @Nullable Integer padding,
            @JsonProperty("dilation") @Nullable Integer dilation,
            @JsonProperty("groups") @Nullable Integer groups,
            @JsonProperty("bias") @Nullable Boolean bias,
            @JsonProperty("start") @Nullable Start start) {
        return new Conv(
                name,
                out,
                Fields.or(kernel, 3),
                Fields.or(stride, 1),
                Fields.or(padding, 0),
                Fields.or(dilation, 1),
                Fields.or(groups, 1),
                Fields.or(bias, true),
                Fields.or(start, Start.DEFAULT));
    }

    @Override
    public Shape outputShape(Site at) {
        Shape in = at.requireMap("conv");
        if (at.channels() % groups != 0 || out % groups != 0) {
            throw at.invalid("conv.groups " + groups + " does not divide " + at.channels() + " channels in and " + out
                    + " out.");
        }
        long height = Site.slide(in.get(1), kernel, stride, padding, dilation);
        long width = Site.slide(in.get(2), kernel, stride, padding, dilation);
        if (height < 1 || width < 1) {
            throw at.invalid("conv.kernel " + kernel + " does not fit into " + in + " with padding " + padding + ".");
        }
        return new Shape(out, height, width);
    }

    @Override
    public List<Parameter> parameters(Site at) {
        long fanIn = at.channels() / groups * kernel * kernel;
        long fanOut = (long) out * kernel * kernel;
        List<Parameter> parameters = new ArrayList<>();
        parameters.add(new Parameter(
                at.parameter("weight"),
                weightShape(at),
                start == Start.DEFAULT ? Initialisation.uniform(fanIn) : Initialisation.kaimingNormal(fanOut),
                true));
        if (bias) {
            parameters.add(new Parameter(at.parameter("bias"), new Shape(out), Initialisation.uniform(fanIn), true));
        }
        return parameters;
    }

    private Shape weightShape(Site at) {
        return new Shape(out, at.channels() / groups, kernel, kernel);
    }

    @Override
    public Trainable build(Site at, Parameters parameters) {
        Tensor weight = parameters.get(at.parameter("weight"));
        TensorOptional offset = bias ? new TensorOptional(parameters.get(at.parameter("bias"))) : new TensorOptional();
        long[] strides = {stride, stride};
        long[] paddings = {padding, padding};
        long[] dilations = {dilation, dilation};
        return (x, training) -> torch.conv2d(x, weight, offset, strides, paddings, dilations, groups);
    }

    @Override
    public String emit(OnnxGraph graph, String x, Site at, Weights weights) {
        float[] offset = bias ? weights.get(at.parameter("bias")) : null;
        return emit(graph, x, at, weights.get(at.parameter("weight")), offset);
    }

    /**
     * Writes this convolution and the batch norm after it as one: the norm's running statistics scale the kernels and
     * move the bias, computed in double.
     */
    String emitFolded(OnnxGraph graph, String x, Site at, BatchNorm norm, Site normAt, Weights weights) {
        float[] kernels = weights.get(at.parameter("weight")).clone();
        float[] offset = bias ? weights.get(at.parameter("bias")).clone() : new float[out];
        double[] scale = norm.scale(normAt, weights);
        double[] shift = norm.shift(normAt, weights, scale);
        int each = kernels.length / out;
        for (int channel = 0; channel < out; channel++) {
            for (int i = channel * each; i < (channel + 1) * each; i++) {
                kernels[i] = (float) (kernels[i] * scale[channel]);
            }
            offset[channel] = (float) (offset[channel] * scale[channel] + shift[channel]);
        }
        return emit(graph, x, at, kernels, offset);
    }

    private String emit(OnnxGraph graph, String x, Site at, float[] kernels, float @Nullable [] offset) {
        List<String> inputs = new ArrayList<>();
        inputs.add(x);
        inputs.add(graph.floats(at.parameter("weight"), kernels, weightShape(at).getShape()));
        if (offset != null) {
            inputs.add(graph.floats(at.parameter("bias"), offset, out));
        }
        return graph.node(
                "Conv",
                at.path(),
                inputs,
                OnnxGraph.ints("kernel_shape", kernel, kernel),
                OnnxGraph.ints("strides", stride, stride),
                OnnxGraph.ints("pads", padding, padding, padding, padding),
                OnnxGraph.ints("dilations", dilation, dilation),
                OnnxGraph.integer("group", groups));
    }
}
