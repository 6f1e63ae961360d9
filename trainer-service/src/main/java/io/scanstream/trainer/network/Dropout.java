package io.scanstream.trainer.network;

import io.scanstream.contracts.recipe.Setting;
import io.scanstream.trainer.onnx.OnnxGraph;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Dropout (Srivastava et al. 2014): in training each value is zero with probability {@code rate} and scaled up else; in
 * evaluation nothing happens, and nothing is exported.
 */
public record Dropout(
        @Setting(NAME) @Nullable String name,

        @Setting(value = "Share of the values that are dropped.", fallback = "0.5", min = 0, below = 1)
        double rate,

        @Setting(value = "Drops whole channels of a feature map (Tompson et al. 2015).", fallback = "false")
        boolean wholeChannels)
        implements Layer {

    static Dropout of(double rate) {
        return new Dropout(null, rate, false);
    }

    @Override
    public Trainable build(Site at, Parameters parameters) {
        if (wholeChannels) {
            return (x, training) -> torch.feature_dropout(x, rate, training);
        }
        return (x, training) -> torch.dropout(x, rate, training);
    }

    @Override
    public String emit(OnnxGraph graph, String x, Site at, Weights weights) {
        return x;
    }
}
