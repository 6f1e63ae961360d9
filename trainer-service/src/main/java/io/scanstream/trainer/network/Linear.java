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
 * Fully connected: a vector {@code [in]} to {@code [out]}.
 *
 * @param out absent in a recipe, as many as the task has outputs: the head says no number
 */
public record Linear(@Nullable String name, int out, boolean bias) implements Layer {

    public Linear {
        Fields.atLeast("linear.out", out, 1);
    }

    @JsonCreator
    static Linear of(
            @JsonProperty("name") @Nullable String name,
            @JsonProperty(value = "out", required = true) int out,
            @JsonProperty("bias") @Nullable Boolean bias) {
        return new Linear(name, out, Fields.or(bias, true));
    }

    @Override
    public Shape outputShape(Site at) {
        if (at.in().dimension() != 1) {
            throw at.invalid("linear takes a vector, but gets the map " + at.in() + ". Put 'flatten' before it.");
        }
        return new Shape(out);
    }

    @Override
    public List<Parameter> parameters(Site at) {
        long in = at.channels();
        List<Parameter> parameters = new ArrayList<>();
        parameters.add(new Parameter(at.parameter("weight"), new Shape(out, in), Initialisation.uniform(in), true));
        if (bias) {
            parameters.add(new Parameter(at.parameter("bias"), new Shape(out), Initialisation.uniform(in), true));
        }
        return parameters;
    }

    @Override
    public Trainable build(Site at, Parameters parameters) {
        Tensor weight = parameters.get(at.parameter("weight"));
        TensorOptional offset = bias ? new TensorOptional(parameters.get(at.parameter("bias"))) : new TensorOptional();
        return (x, training) -> torch.linear(x, weight, offset);
    }

    @Override
    public String emit(OnnxGraph graph, String x, Site at, Weights weights) {
        List<String> inputs = new ArrayList<>();
        inputs.add(x);
        inputs.add(graph.floats(at.parameter("weight"), weights.get(at.parameter("weight")), out, at.channels()));
        if (bias) {
            inputs.add(graph.floats(at.parameter("bias"), weights.get(at.parameter("bias")), out));
        }
        return graph.node("Gemm", at.path(), inputs, OnnxGraph.integer("transB", 1));
    }
}
