package io.scanstream.trainer.network;

import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.scanstream.trainer.onnx.OnnxGraph;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * One layer of a network, in its declarative form: what a recipe's YAML says. To add a layer, write its record, say of
 * every component by {@code @Setting} what it may be, name it below, and give {@code LayerParityTest} a case.
 *
 * <p>Shapes leave the batch dimension out: {@code [channels, height, width]} for feature maps, {@code [features]} for
 * vectors. Parameters have torchvision's names.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
    @JsonSubTypes.Type(value = AdaptiveAveragePool.class, name = "adaptiveAveragePool"),
    @JsonSubTypes.Type(value = AdaptiveMaxPool.class, name = "adaptiveMaxPool"),
    @JsonSubTypes.Type(value = AveragePool.class, name = "averagePool"),
    @JsonSubTypes.Type(value = BatchNorm.class, name = "batchNorm"),
    @JsonSubTypes.Type(value = Concat.class, name = "concat"),
    @JsonSubTypes.Type(value = Conv.class, name = "conv"),
    @JsonSubTypes.Type(value = Dropout.class, name = "dropout"),
    @JsonSubTypes.Type(value = Flatten.class, name = "flatten"),
    @JsonSubTypes.Type(value = Gelu.class, name = "gelu"),
    @JsonSubTypes.Type(value = GroupNorm.class, name = "groupNorm"),
    @JsonSubTypes.Type(value = Hardtanh.class, name = "hardtanh"),
    @JsonSubTypes.Type(value = LayerNorm.class, name = "layerNorm"),
    @JsonSubTypes.Type(value = Linear.class, name = "linear"),
    @JsonSubTypes.Type(value = MaxPool.class, name = "maxPool"),
    @JsonSubTypes.Type(value = Prelu.class, name = "prelu"),
    @JsonSubTypes.Type(value = Relu.class, name = "relu"),
    @JsonSubTypes.Type(value = Residual.class, name = "residual"),
    @JsonSubTypes.Type(value = Sequential.class, name = "sequential"),
    @JsonSubTypes.Type(value = Sigmoid.class, name = "sigmoid"),
    @JsonSubTypes.Type(value = Silu.class, name = "silu"),
    @JsonSubTypes.Type(value = SqueezeExcite.class, name = "squeezeExcite"),
    @JsonSubTypes.Type(value = Tanh.class, name = "tanh"),
    @JsonSubTypes.Type(value = TransposedConv.class, name = "transposedConv"),
    @JsonSubTypes.Type(value = Upsample.class, name = "upsample")
})
public sealed interface Layer
        permits AdaptiveAveragePool,
                AdaptiveMaxPool,
                AveragePool,
                BatchNorm,
                Concat,
                Dropout,
                Flatten,
                Foldable,
                Gelu,
                GroupNorm,
                Hardtanh,
                LayerNorm,
                MaxPool,
                Prelu,
                Relu,
                Residual,
                Sequential,
                Sigmoid,
                Silu,
                SqueezeExcite,
                Tanh,
                Upsample {

    /** What {@link #name} means in a recipe. */
    String NAME = "The layer's part of its parameters' names; left out, its place in the list.";

    /** The layer's part of its parameters' names; absent, its place in the list counts, as in PyTorch's Sequential. */
    @Nullable
    String name();

    /**
     * The shape that comes out; the one that comes in unless a layer says otherwise.
     *
     * @throws io.scanstream.contracts.ScanstreamException {@code INVALID_RECIPE} naming the place, when the layer cannot
     *     take the shape that comes in
     */
    default Shape outputShape(Site at) {
        return at.in();
    }

    /** What the layer learns or keeps, in torchvision's order. */
    default List<Parameter> parameters(Site at) {
        return List.of();
    }

    /** Multiplications that one image takes, forward; 0 for layers that are nothing beside convolutions. */
    default long multiplications(Site at) {
        return 0;
    }

    /** Whether what comes out may be overwritten: it is nobody else's, and the layer's own gradient does not need it. */
    default boolean givesItsResultAway() {
        return false;
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

    /**
     * A layer that computes: {@code [N, …]} in and out, float32 or bfloat16 as what comes in, on the autograd tape where that
     * is on.
     */
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

    /** Finds a parameter's tensor, float32, by its full name. */
    @FunctionalInterface
    interface Parameters {
        Tensor get(String name);

        /** Whether training leaves the parameter alone, at this moment: it may change between two steps. */
        default boolean frozen(String name) {
            return false;
        }
    }

    /** Finds a parameter's values by its full name, flat, in the order of the parameter's shape. */
    @FunctionalInterface
    interface Weights {
        float[] get(String name);
    }
}
