package io.scanstream.trainer.evaluation;

import io.scanstream.contracts.recipe.Recipe;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Some classes taken for one, as a recipe asks: the merged class's probability is the sum of its members', and it is decided
 * for anew. In the order in which the classes come first.
 */
final class MergedClasses {
    private final List<String> names;
    private final int[] indexOf;
    private final int positive;

    /**
     * Merges nothing where the recipe asks for nothing.
     *
     * @param positiveClass as it is before merging
     */
    MergedClasses(List<String> classes, Recipe.@Nullable Evaluation evaluation, String positiveClass) {
        Stream<String> merged =
                evaluation == null ? classes.stream() : classes.stream().map(evaluation::mergedClassOf);
        List<String> nameOf = merged.toList();
        this.names = nameOf.stream().distinct().toList();
        this.indexOf = nameOf.stream().mapToInt(names::indexOf).toArray();
        this.positive = indexOf[classes.indexOf(positiveClass)];
    }

    boolean any() {
        return names.size() < indexOf.length;
    }

    List<String> names() {
        return names;
    }

    /** Index of the class that has the positive one in it. */
    int positive() {
        return positive;
    }

    int[] labels(int[] labels) {
        return Arrays.stream(labels).map(label -> indexOf[label]).toArray();
    }

    byte[] indices(byte[] classes) {
        byte[] merged = new byte[classes.length];
        for (int i = 0; i < merged.length; i++) {
            merged[i] = (byte) indexOf[classes[i] & 0xff];
        }
        return merged;
    }

    /** Of {@code [images][classes]}. */
    float[][] sums(float[][] probabilities) {
        return Arrays.stream(probabilities).map(row -> sums(row, 1)).toArray(float[][]::new);
    }

    /** Of {@code [classes, pixels]}. */
    float[] sums(float[] probabilities, int pixels) {
        float[] sums = new float[names.size() * pixels];
        for (int k = 0; k < indexOf.length; k++) {
            for (int i = 0; i < pixels; i++) {
                sums[indexOf[k] * pixels + i] += probabilities[k * pixels + i];
            }
        }
        return sums;
    }
}
