package io.scanstream.trainer.metrics;

/** What a model did with some images, from which figures are computed with images counted several times or not at all. */
public interface WeighedImages {
    int images();

    /**
     * A figure, by the names of a recipe's {@code gate.comparedBy}; NaN where it is not defined.
     *
     * @param times how often each image counts, in the images' order
     * @throws IllegalArgumentException for a figure that images of this kind do not have
     */
    double figure(String name, int[] times);

    /** A figure with each image counted once. */
    default double figure(String name) {
        int[] once = new int[images()];
        java.util.Arrays.fill(once, 1);
        return figure(name, once);
    }
}
