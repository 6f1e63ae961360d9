package io.scanstream.trainer.network;

import ai.djl.ndarray.types.Shape;
import io.scanstream.contracts.recipe.Setting;
import io.scanstream.trainer.onnx.OnnxGraph;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/** Cuts values off below and above: {@code min(max(x, low), high)}. */
public record Hardtanh(
        @Setting(NAME) @Nullable String name,

        @Setting(value = "The smallest value that comes out.", fallback = "-1")
        double low,

        @Setting(value = "The largest value that comes out.", fallback = "1")
        double high)
        implements Layer {

    @Override
    public Shape outputShape(Site at) {
        if (!(low < high)) {
            throw at.invalid("hardtanh.low " + low + " is not below hardtanh.high " + high + ".");
        }
        return at.in();
    }

    @Override
    public Trainable build(Site at, Parameters parameters) {
        return (x, training) -> torch.hardtanh(x, new Scalar(low), new Scalar(high));
    }

    @Override
    public String emit(OnnxGraph graph, String x, Site at, Weights weights) {
        return graph.node(
                "Clip",
                at.path(),
                List.of(
                        x,
                        graph.floats(at.parameter("low"), new float[] {(float) low}),
                        graph.floats(at.parameter("high"), new float[] {(float) high})));
    }
}
