package io.scanstream.trainer.network;

import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.scanstream.trainer.onnx.OnnxGraph;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * One layer of a network, in its declarative form: what a recipe's YAML says. To add a layer, write its record, name it
 * below, and give {@code LayerParityTest} a case.
 *
 * <p>Shapes leave the batch dimension out: {@code [channels, height, width]} for feature maps, {@code [features]} for
 * vectors; values are float32. Parameters have torchvision's names.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
    @JsonSubTypes.Type(value = AdaptiveAveragePool.class, name = "adaptiveAveragePool"),
    @JsonSubTypes.Type(value = BatchNorm.class, name = "batchNorm"),
    @JsonSubTypes.Type(value = Conv.class, name = "conv"),
    @JsonSubTypes.Type(value = Dropout.class, name = "dropout"),
    @JsonSubTypes.Type(value = Flatten.class, name = "flatten"),
    @JsonSubTypes.Type(value = Linear.class, name = "linear"),
    @JsonSubTypes.Type(value = MaxPool.class, name = "maxPool"),
    @JsonSubTypes.Type(value = Relu.class, name = "relu"),
    @JsonSubTypes.Type(value = Residual.class, name = "residual"),
    @JsonSubTypes.Type(value = Sequential.class, name = "sequential")
})
public sealed interface Layer
        permits AdaptiveAveragePool, BatchNorm, Conv, Dropout, Flatten, Linear, MaxPool, Relu, Residual, Sequential {

    /** The layer's part of its parameters' names; absent, its place in the list counts, as in PyTorch's Sequential. */
    @Nullable
    String name();

    /**
     * The shape that comes out.
     *
     * @throws io.scanstream.contracts.ScanstreamException {@code INVALID_RECIPE} naming the place, when the layer cannot
     *     take the shape that comes in
     */
    Shape outputShape(Site at);

    /** What the layer learns or keeps, in torchvision's order. */
    default List<Parameter> parameters(Site at) {
        return List.of();
    }

    /** The layer bound to the parameters that {@link #parameters} named. */
    Trainable build(Site at, Parameters parameters);

    /**
     * Writes the layer, as it behaves in evaluation, into an ONNX graph.
     *
     * @param x the value that comes in
     * @return the value that comes out
     */
    String emit(OnnxGraph graph, String x, Site at, Weights weights);

    /** A layer that computes: {@code [N, …]} float32 in and out, on the autograd tape where that is on. */
    @FunctionalInterface
    interface Trainable {
        /**
         * Computes the layer.
         *
         * @param training whether batch statistics are used and dropout drops; the result lives in the caller's
         *     {@code PointerScope}
         */
        Tensor forward(Tensor x, boolean training);
    }

    /** Finds a parameter's tensor by its full name. */
    @FunctionalInterface
    interface Parameters {
        Tensor get(String name);
    }

    /** Finds a parameter's values by its full name, flat, in the order of the parameter's shape. */
    @FunctionalInterface
    interface Weights {
        float[] get(String name);
    }
}
