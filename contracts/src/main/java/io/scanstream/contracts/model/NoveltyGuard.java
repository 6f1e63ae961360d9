package io.scanstream.contracts.model;

import org.jspecify.annotations.Nullable;

/**
 * From which distance on a scan is flagged as unlike the training images. The distance is the model's output {@link
 * OnnxMetadata#OUTPUT_DISTANCE}; the threshold was chosen on the validation split alone.
 *
 * @param threshold above it a scan is flagged; above 0
 * @param expected share of scans like those of the validation split that will be flagged
 * @param trainingImages that the distance was fitted on
 * @param validation what the threshold gives where it was chosen
 * @param test what it gives on the test split; absent where there is no test image
 */
public record NoveltyGuard(
        double threshold,
        double expected,
        int trainingImages,
        Flagged validation,
        @Nullable Flagged test) {
    /** What share of scans like the validation split's may be flagged, where there are images enough to say so: 1 %. */
    public static final double ALLOWED = 0.01;

    /** Images of a split, and how many of them are flagged. */
    public record Flagged(int images, int flagged) {}
}
