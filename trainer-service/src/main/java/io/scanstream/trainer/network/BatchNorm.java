package io.scanstream.trainer.network;

import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.trainer.onnx.OnnxGraph;
import java.util.List;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Batch normalisation (Ioffe and Szegedy 2015) of the channels of a feature map or of the features of a vector: by the
 * batch in training, by running statistics in evaluation.
 *
 * @param epsilon added to the variance
 * @param momentum share of the batch in the running statistics, PyTorch's sense
 */
public record BatchNorm(@Nullable String name, double epsilon, double momentum) implements Layer {

    public BatchNorm {
        if (!(epsilon > 0)) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_RECIPE, "batchNorm.epsilon: " + epsilon + " is not above 0. Maybe 0.00001?");
        }
        if (!(momentum > 0 && momentum <= 1)) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_RECIPE, "batchNorm.momentum: " + momentum + " is not in (0, 1]. Maybe 0.1?");
        }
    }

    @JsonCreator
    static BatchNorm of(
            @JsonProperty("name") @Nullable String name,
            @JsonProperty("epsilon") @Nullable Double epsilon,
            @JsonProperty("momentum") @Nullable Double momentum) {
        return new BatchNorm(name, Fields.or(epsilon, 1e-5), Fields.or(momentum, 0.1));
    }

    @Override
    public Shape outputShape(Site at) {
        return at.in();
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
    public Trainable build(Site at, Parameters parameters) {
        TensorOptional weight = new TensorOptional(parameters.get(at.parameter("weight")));
        TensorOptional bias = new TensorOptional(parameters.get(at.parameter("bias")));
        TensorOptional mean = new TensorOptional(parameters.get(at.parameter("running_mean")));
        TensorOptional variance = new TensorOptional(parameters.get(at.parameter("running_var")));
        return (x, training) -> torch.batch_norm(x, weight, bias, mean, variance, training, momentum, epsilon, true);
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

    /** In evaluation the norm is {@code x * scale + shift} per channel. */
    double[] scale(Site at, Weights weights) {
        float[] weight = weights.get(at.parameter("weight"));
        float[] variance = weights.get(at.parameter("running_var"));
        double[] scale = new double[weight.length];
        for (int i = 0; i < scale.length; i++) {
            scale[i] = weight[i] / Math.sqrt(variance[i] + epsilon);
        }
        return scale;
    }

    double[] shift(Site at, Weights weights, double[] scale) {
        float[] bias = weights.get(at.parameter("bias"));
        float[] mean = weights.get(at.parameter("running_mean"));
        double[] shift = new double[bias.length];
        for (int i = 0; i < shift.length; i++) {
            shift[i] = bias[i] - mean[i] * scale[i];
        }
        return shift;
    }
}
