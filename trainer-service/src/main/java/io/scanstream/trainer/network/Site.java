package io.scanstream.trainer.network;

import ai.djl.ndarray.types.Shape;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;

/**
 * Where a layer stands.
 *
 * @param path the names of the layers around it and its own, joined by dots ({@code layer1.0.conv1}); empty at the top
 * @param in the shape that comes in, without the batch dimension
 */
public record Site(String path, Shape in) {

    /** The place of a layer within this one. */
    Site child(String name, Shape in) {
        return new Site(path.isEmpty() ? name : path + "." + name, in);
    }

    /** The full name of a parameter of the layer here. */
    String parameter(String name) {
        return path.isEmpty() ? name : path + "." + name;
    }

    /** Channels of the feature map, or length of the vector, that comes in. */
    long channels() {
        return in.get(0);
    }

    /** Requires a feature map {@code [channels, height, width]}. */
    Shape requireMap(String layer) {
        if (in.dimension() != 3) {
            throw invalid(layer + " takes a feature map [channels, height, width], but gets " + in
                    + ". Put it before 'flatten'.");
        }
        return in;
    }

    ScanstreamException invalid(String message) {
        return new ScanstreamException(
                ErrorCode.INVALID_RECIPE,
                "recipe.network.layers, at '" + (path.isEmpty() ? "top" : path) + "': " + message);
    }

    /** Output side of a window that slides with zero padding; floor, as PyTorch. */
    static long slide(long side, int kernel, int stride, int padding, int dilation) {
        return Math.floorDiv(side + 2L * padding - (long) dilation * (kernel - 1) - 1, stride) + 1;
    }
}
