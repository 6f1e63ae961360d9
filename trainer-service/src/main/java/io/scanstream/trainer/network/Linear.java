package io.scanstream.trainer.network;

import ai.djl.ndarray.types.Shape;
import io.scanstream.contracts.recipe.Setting;
import io.scanstream.trainer.onnx.OnnxGraph;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/** Fully connected: a vector {@code [in]} to {@code [out]}. */
public record Linear(
        @Setting(NAME) @Nullable String name,

        @Setting(
                value = "Values that come out; only the last layer may leave it to the task.",
                min = 1,
                example = "256")
        @Nullable
        Integer out,

        @Setting(value = "Whether each value has an offset.", fallback = "true")
        boolean bias,

        @Setting(value = Start.ABOUT, fallback = "default") Start start)
        implements Foldable {

    static Linear of(@Nullable Integer out) {
        return new Linear(null, out, true, Start.DEFAULT);
    }

    Linear named(@Nullable String other) {
        return new Linear(other, out, bias, start);
    }

    @Override
    public Shape outputShape(Site at) {
        if (at.in().dimension() != 1) {
            throw at.invalid("linear takes a vector, but gets the map " + at.in() + ". Put 'flatten' before it.");
        }
        return new Shape(at.outputsOr(out));
    }

    @Override
    public List<Parameter> parameters(Site at) {
        long in = at.channels();
        int outputs = at.outputsOr(out);
        List<Parameter> parameters = new ArrayList<>();
        parameters.add(new Parameter(at.parameter("weight"), new Shape(outputs, in), start.weights(in, in), true));
        if (bias) {
            parameters.add(new Parameter(at.parameter("bias"), new Shape(outputs), start.bias(in), true));
        }
        return parameters;
    }

    @Override
    public long multiplications(Site at) {
        return (long) at.channels() * at.outputsOr(out);
    }

    @Override
    public Trainable build(Site at, Parameters parameters) {
        Weight weight = new Weight(parameters.get(at.parameter("weight")));
        Weight offset = new Weight(bias ? parameters.get(at.parameter("bias")) : null);
        return (x, training) -> torch.linear(x, weight.with(x), offset.maybeWith(x));
    }

    @Override
    public boolean takesNormBefore() {
        return true;
    }

    @Override
    public String emitFolded(
            OnnxGraph graph, String x, Site at, Weights weights, @Nullable Affine before, @Nullable Affine after) {
        int in = at.channels();
        int outputs = at.outputsOr(out);
        Folded folded = Folded.of(
                weights.get(at.parameter("weight")),
                bias ? weights.get(at.parameter("bias")) : null,
                outputs,
                i -> i % in,
                i -> i / in,
                before,
                after);
        List<String> from = new ArrayList<>();
        from.add(x);
        from.add(graph.floats(at.parameter("weight"), folded.weights(), outputs, in));
        if (folded.bias() != null) {
            from.add(graph.floats(at.parameter("bias"), folded.bias(), outputs));
        }
        return graph.node("Gemm", at.path(), from, OnnxGraph.integer("transB", 1));
    }
}
