package io.scanstream.trainer.network;

import ai.djl.ndarray.types.Shape;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import java.util.List;

/**
 * A whole network before it has weights: what comes in, the layers, what comes out.
 *
 * @param widthPx of the scan that comes in, uint8 {@code [height, width, channels]}
 * @param mean per channel, of pixels scaled to 0..1; subtracted
 * @param std per channel, of pixels scaled to 0..1; divided by
 * @param layers from the normalised {@code [channels, height, width]} to the logits, {@code [outputs]} for an image,
 *     {@code [outputs, height, width]} for its pixels
 * @param outputs logits of an image, or of each of its pixels
 * @param views what a scan is looked at as when it is scored, first of all as it is; their logits are averaged
 */
public record Blueprint(
        int widthPx,
        int heightPx,
        int channels,
        List<Double> mean,
        List<Double> std,
        List<Layer> layers,
        int outputs,
        List<View> views) {

    public Blueprint {
        mean = List.copyOf(mean);
        std = List.copyOf(std);
        layers = List.copyOf(layers);
        views = List.copyOf(views);
        requirePerChannel("mean", mean, channels);
        requirePerChannel("std", std, channels);
        for (double value : std) {
            if (!(value > 0)) {
                throw new ScanstreamException(
                        ErrorCode.INVALID_RECIPE, "recipe.data.std: " + value + " is not above 0.");
            }
        }
        Shape out = body(layers).outputShape(top(channels, heightPx, widthPx, outputs));
        if (!out.equals(new Shape(outputs)) && !out.equals(new Shape(outputs, heightPx, widthPx))) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_RECIPE,
                    "recipe.network.layers: the last layer gives " + out + ", but the task needs a vector of " + outputs
                            + " logits, or a map of them as large as the image to segment it. End with a linear layer,"
                            + " or a convolution with kernel 1, that names no 'out'.");
        }
    }

    private static void requirePerChannel(String field, List<Double> values, int channels) {
        if (values.size() != channels) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_RECIPE,
                    "recipe.data." + field + ": " + values.size() + " values for " + channels + " channels.");
        }
    }

    /** The layers as one. */
    Sequential body() {
        return body(layers);
    }

    private static Sequential body(List<Layer> layers) {
        return new Sequential(null, layers);
    }

    /** Where the first layer stands. */
    Site top() {
        return top(channels, heightPx, widthPx, outputs);
    }

    private static Site top(int channels, int heightPx, int widthPx, int outputs) {
        return new Site("", new Shape(channels, heightPx, widthPx), outputs);
    }

    /** Whether there are logits for every pixel, {@code [outputs, height, width]}, and not for the image. */
    public boolean segments() {
        return body().outputShape(top()).dimension() == 3;
    }

    /** Every parameter and running statistic, in the order of the layers. */
    List<Parameter> parameters() {
        return body().parameters(top());
    }

    /** Names of what the network learns, in the order of the layers. */
    public List<String> trainedParameters() {
        return parameters().stream()
                .filter(Parameter::trained)
                .map(Parameter::name)
                .toList();
    }

    /** Whether a parameter is the head's: of the last of the outermost layers that have any. */
    boolean inHead(String parameter) {
        List<Parameter> all = parameters();
        return outermost(parameter).equals(outermost(all.get(all.size() - 1).name()));
    }

    private static String outermost(String parameter) {
        return parameter.substring(0, Math.max(0, parameter.indexOf('.')));
    }

    /** Numbers that the network learns; running statistics are not counted. */
    public long trainedNumbers() {
        return parameters().stream()
                .filter(Parameter::trained)
                .mapToLong(parameter -> parameter.shape().size())
                .sum();
    }

    /** Multiplications that one image takes, forward. */
    public long multiplications() {
        return body().multiplications(top());
    }

    /**
     * Normalisation as one multiplication and one addition per channel: {@code (x/255 − mean)/std = x·scale + shift}.
     * Training and export both use these very floats.
     */
    float[] inputScale() {
        float[] scale = new float[channels];
        for (int channel = 0; channel < channels; channel++) {
            scale[channel] = (float) (1 / (255 * std.get(channel)));
        }
        return scale;
    }

    float[] inputShift() {
        float[] shift = new float[channels];
        for (int channel = 0; channel < channels; channel++) {
            shift[channel] = (float) (-mean.get(channel) / std.get(channel));
        }
        return shift;
    }
}
