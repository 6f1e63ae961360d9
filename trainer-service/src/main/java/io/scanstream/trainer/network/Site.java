package io.scanstream.trainer.network;

import ai.djl.ndarray.types.Shape;
import io.scanstream.contracts.recipe.InvalidRecipeException;
import io.scanstream.contracts.recipe.Problem;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a layer stands.
 *
 * @param path the names of the layers around it and its own, joined by dots ({@code layer1.0.conv1}); empty at the top
 * @param in the shape that comes in, without the batch dimension
 * @param outputs how many the task needs: what a head gives that names no number
 */
public record Site(String path, Shape in, int outputs) {

    /** The place of a layer within this one. */
    Site child(String name, Shape in) {
        return new Site(path.isEmpty() ? name : path + "." + name, in, outputs);
    }

    /** The full name of a parameter of the layer here. */
    String parameter(String name) {
        return path.isEmpty() ? name : path + "." + name;
    }

    /** Channels of the feature map, or length of the vector, that comes in. */
    int channels() {
        return Math.toIntExact(in.get(0));
    }

    /** What a layer gives that may leave its number to the task. */
    int outputsOr(@Nullable Integer out) {
        return out == null ? outputs : out;
    }

    /** Requires a feature map {@code [channels, height, width]}. */
    Shape requireMap(String layer) {
        if (!isMap()) {
            throw invalid(layer + " takes a feature map [channels, height, width], but gets " + in
                    + ". Put it before 'flatten'.");
        }
        return in;
    }

    boolean isMap() {
        return in.dimension() == 3;
    }

    InvalidRecipeException invalid(String message) {
        return new InvalidRecipeException(List.of(
                new Problem("recipe.network.layers", "at '" + (path.isEmpty() ? "top" : path) + "': " + message)));
    }

    /** Output side of a window that slides with padding; floor, as PyTorch. */
    static long slide(long side, int kernel, int stride, int padding, int dilation) {
        return Math.floorDiv(side + 2L * padding - (long) dilation * (kernel - 1) - 1, stride) + 1;
    }
}
