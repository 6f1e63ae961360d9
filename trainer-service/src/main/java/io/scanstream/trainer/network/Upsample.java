package io.scanstream.trainer.network;

import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.scanstream.contracts.recipe.Setting;
import io.scanstream.trainer.onnx.OnnxGraph;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/** A feature map made larger: each pixel repeated, or drawn out along straight lines between the pixels' middles. */
public record Upsample(
        @Setting(NAME) @Nullable String name,

        @Setting(value = "How many times larger each side becomes.", fallback = "2", min = 1, max = 64)
        int scale,

        @Setting(value = "What lies between pixels: nearest or bilinear.", fallback = "nearest")
        Mode mode)
        implements Layer {

    /** What lies between pixels. */
    public enum Mode {
        @JsonProperty("nearest")
        NEAREST,
        /** PyTorch's with {@code align_corners=False}. */
        @JsonProperty("bilinear")
        BILINEAR
    }

    @Override
    public Shape outputShape(Site at) {
        Shape in = at.requireMap("upsample");
        return new Shape(in.get(0), in.get(1) * scale, in.get(2) * scale);
    }

    @Override
    public Trainable build(Site at, Parameters parameters) {
        // Of what comes in: training may cut parts out of images.
        if (mode == Mode.NEAREST) {
            return (x, training) -> torch.upsample_nearest2d(x, sides(x));
        }
        return (x, training) -> torch.upsample_bilinear2d(x, sides(x), false);
    }

    private long[] sides(Tensor x) {
        return new long[] {x.size(2) * scale, x.size(3) * scale};
    }

    @Override
    public String emit(OnnxGraph graph, String x, Site at, Weights weights) {
        boolean nearest = mode == Mode.NEAREST;
        return graph.node(
                "Resize",
                at.path(),
                List.of(x, "", graph.floats(at.parameter("scales"), new float[] {1, 1, scale, scale}, 4)),
                OnnxGraph.text("mode", nearest ? "nearest" : "linear"),
                OnnxGraph.text("coordinate_transformation_mode", nearest ? "asymmetric" : "half_pixel"),
                OnnxGraph.text("nearest_mode", "floor"));
    }
}
