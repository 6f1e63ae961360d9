package io.scanstream.trainer.network;

import ai.djl.ndarray.types.Shape;
import io.scanstream.contracts.recipe.Setting;
import io.scanstream.trainer.onnx.OnnxGraph;
import java.util.List;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Batch normalisation (Ioffe and Szegedy 2015) of the channels of a feature map or of the features of a vector: by the
 * batch in training, by running statistics in evaluation. A frozen one stays in evaluation, so that its statistics are
 * those of its weights; so does one that gets a single value per channel, which has no variance.
 */
public record BatchNorm(
        @Setting(NAME) @Nullable String name,

        @Setting(value = "Added to the variance.", fallback = "0.00001", above = 0)
        double epsilon,

        @Setting(
                value = "Share of the batch in the running statistics, PyTorch's sense.",
                fallback = "0.1",
                above = 0,
                max = 1)
        double momentum)
        implements Layer {

    /** PyTorch's epsilon and momentum. */
    static BatchNorm named(@Nullable String name) {
        return new BatchNorm(name, 1e-5, 0.1);
    }

    @Override
    public List<Parameter> parameters(Site at) {
        Shape each = new Shape(at.channels());
        return List.of(
                new Parameter(at.parameter("weight"), each, Initialisation.constant(1), true),
                new Parameter(at.parameter("bias"), each, Initialisation.constant(0), true),
                new Parameter(at.parameter("running_mean"), each, Initialisation.constant(0), false),
                new Parameter(at.parameter("running_var"), each, Initialisation.constant(1), false));
    }

    @Override
    public boolean givesItsResultAway() {
        return true;
    }

    @Override
    public Trainable build(Site at, Parameters parameters) {
        String scale = at.parameter("weight");
        TensorOptional weight = new TensorOptional(parameters.get(scale));
        TensorOptional bias = new TensorOptional(parameters.get(at.parameter("bias")));
        TensorOptional mean = new TensorOptional(parameters.get(at.parameter("running_mean")));
        TensorOptional variance = new TensorOptional(parameters.get(at.parameter("running_var")));
        int channels = at.channels();
        return (x, training) -> {
            boolean byBatch = training && !parameters.frozen(scale) && x.numel() > channels;
            return torch.batch_norm(x, weight, bias, mean, variance, byBatch, momentum, epsilon, true);
        };
    }

    @Override
    public String emit(OnnxGraph graph, String x, Site at, Weights weights) {
        long channels = at.channels();
        return graph.node(
                "BatchNormalization",
                at.path(),
                List.of(
                        x,
                        graph.floats(at.parameter("weight"), weights.get(at.parameter("weight")), channels),
                        graph.floats(at.parameter("bias"), weights.get(at.parameter("bias")), channels),
                        graph.floats(at.parameter("running_mean"), weights.get(at.parameter("running_mean")), channels),
                        graph.floats(at.parameter("running_var"), weights.get(at.parameter("running_var")), channels)),
                OnnxGraph.real("epsilon", epsilon));
    }

    /** What the norm does in evaluation. */
    Foldable.Affine affine(Site at, Weights weights) {
        float[] weight = weights.get(at.parameter("weight"));
        float[] bias = weights.get(at.parameter("bias"));
        float[] mean = weights.get(at.parameter("running_mean"));
        float[] variance = weights.get(at.parameter("running_var"));
        double[] scale = new double[weight.length];
        double[] shift = new double[weight.length];
        for (int i = 0; i < scale.length; i++) {
            scale[i] = weight[i] / Math.sqrt(variance[i] + epsilon);
            shift[i] = bias[i] - mean[i] * scale[i];
        }
        return new Foldable.Affine(scale, shift);
    }
}
