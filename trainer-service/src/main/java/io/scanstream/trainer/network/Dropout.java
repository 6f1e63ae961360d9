package io.scanstream.trainer.network;

import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.trainer.onnx.OnnxGraph;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Dropout (Srivastava et al. 2014): in training each value is zero with probability {@code rate} and scaled up else; in
 * evaluation nothing happens, and nothing is exported.
 */
public record Dropout(@Nullable String name, double rate) implements Layer {

    public Dropout {
        if (!(rate >= 0 && rate < 1)) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_RECIPE, "dropout.rate: " + rate + " is not in [0, 1). Maybe 0.5?");
        }
    }

    @JsonCreator
    static Dropout of(@JsonProperty("name") @Nullable String name, @JsonProperty("rate") @Nullable Double rate) {
        return new Dropout(name, Fields.or(rate, 0.5));
    }

    @Override
    public Shape outputShape(Site at) {
        return at.in();
    }

    @Override
    public Trainable build(Site at, Parameters parameters) {
        return (x, training) -> torch.dropout(x, rate, training);
    }

    @Override
    public String emit(OnnxGraph graph, String x, Site at, Weights weights) {
        return x;
    }
}
