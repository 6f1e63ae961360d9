package io.scanstream.trainer.network;

import io.scanstream.trainer.onnx.OnnxGraph;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A layer that is a weighted sum of its input's channels: in evaluation a batch norm beside it, which is {@code x · scale +
 * shift} for each channel, can be multiplied into its weights and costs nothing.
 */
sealed interface Foldable extends Layer permits Conv, Linear, TransposedConv {

    /**
     * Whether the norm before can be folded too. Not where zeros are padded in: they would have to be the norm's zeros,
     * which are another value for each channel.
     */
    boolean takesNormBefore();

    /** Writes the layer and the norms beside it as one node. */
    String emitFolded(
            OnnxGraph graph, String x, Site at, Weights weights, @Nullable Affine before, @Nullable Affine after);

    @Override
    default boolean givesItsResultAway() {
        return true;
    }

    @Override
    default String emit(OnnxGraph graph, String x, Site at, Weights weights) {
        return emitFolded(graph, x, at, weights, null, null);
    }

    /** A batch norm in evaluation: {@code x · scale + shift} for each channel. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Affine(double[] scale, double[] shift) {}

    /**
     * Weights and bias of one node.
     *
     * @param bias absent where there was none and no norm brought one
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Folded(float[] weights, float @Nullable [] bias) {

        /**
         * Multiplies the norms in, in double.
         *
         * @param out channels that come out
         * @param inputOf the channel that a weight is multiplied with, by the weight's flat index
         * @param outputOf the channel that a weight adds to
         */
        static Folded of(
                float[] weights,
                float @Nullable [] bias,
                int out,
                IntUnaryOperator inputOf,
                IntUnaryOperator outputOf,
                @Nullable Affine before,
                @Nullable Affine after) {
            if (before == null && after == null) {
                return new Folded(weights, bias);
            }
            float[] folded = new float[weights.length];
            double[] offset = new double[out];
            for (int i = 0; i < weights.length; i++) {
                int output = outputOf.applyAsInt(i);
                double weight = weights[i];
                if (before != null) {
                    int input = inputOf.applyAsInt(i);
                    offset[output] += weight * before.shift()[input];
                    weight *= before.scale()[input];
                }
                folded[i] = (float) (after == null ? weight : weight * after.scale()[output]);
            }
            float[] newBias = new float[out];
            for (int output = 0; output < out; output++) {
                double sum = offset[output] + (bias == null ? 0 : bias[output]);
                newBias[output] = (float) (after == null ? sum : sum * after.scale()[output] + after.shift()[output]);
            }
            return new Folded(folded, newBias);
        }
    }
}
