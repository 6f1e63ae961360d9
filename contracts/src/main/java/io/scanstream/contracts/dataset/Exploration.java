package io.scanstream.contracts.dataset;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A first look at a data set version, {@code datasets/<name>/<version>/exploration.json}: what there is, in numbers. No pixel
 * is in it.
 *
 * @param images that can be used, by split and then by class; images with masks count under {@code ""}
 * @param share of each class among the labelled images, or with masks among the pixels of those examined
 * @param examined how many images sizes, mean and deviation were taken from: all, or a sample by a stable hash
 * @param sizes the most frequent sizes first
 * @param mean of each channel over the pixels of those examined, 0 to 1; grey images count as three equal channels
 * @param std standard deviation of each channel, likewise
 * @param rejected files that are no usable image, by error code
 * @param duplicates images left out for having the bytes of another
 * @param nearDuplicates images that look like one of a later split
 * @param groups different groups that are named
 * @param subjects different subjects that are named
 */
public record Exploration(
        DatasetVersion dataset,
        Map<String, Map<String, Integer>> images,
        Map<String, Double> share,
        int examined,
        List<Size> sizes,
        List<Double> mean,
        List<Double> std,
        Map<String, Integer> rejected,
        int duplicates,
        int nearDuplicates,
        int groups,
        int subjects) {

    /** How many of the images examined have a size. */
    public record Size(int widthPx, int heightPx, int images) {}

    public Exploration {
        Map<String, Map<String, Integer>> copy = new LinkedHashMap<>();
        images.forEach((split, byClass) -> copy.put(split, Collections.unmodifiableMap(new LinkedHashMap<>(byClass))));
        images = Collections.unmodifiableMap(copy);
        share = Collections.unmodifiableMap(new LinkedHashMap<>(share));
        sizes = List.copyOf(sizes);
        mean = List.copyOf(mean);
        std = List.copyOf(std);
        rejected = Collections.unmodifiableMap(new LinkedHashMap<>(rejected));
    }
}
