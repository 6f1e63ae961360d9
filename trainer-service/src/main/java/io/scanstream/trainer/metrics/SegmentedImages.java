package io.scanstream.trainer.metrics;

import java.util.List;
import java.util.function.ToDoubleFunction;

/** How well a segmenter's regions overlap with the masks, image by image. */
public final class SegmentedImages implements WeighedImages {
    private final List<SegmentationMetrics.ImageOverlap> overlaps;

    /**
     * Takes the images as they are.
     *
     * @param overlaps one for each image
     */
    public SegmentedImages(List<SegmentationMetrics.ImageOverlap> overlaps) {
        this.overlaps = List.copyOf(overlaps);
    }

    @Override
    public int images() {
        return overlaps.size();
    }

    @Override
    public double figure(String name, int[] times) {
        return switch (name) {
            case "dice" -> mean(times, SegmentationMetrics.ImageOverlap::dice);
            case "iou" -> mean(times, SegmentationMetrics.ImageOverlap::iou);
            default -> throw new IllegalArgumentException("segmented images have no figure '" + name + "'");
        };
    }

    private double mean(int[] times, ToDoubleFunction<SegmentationMetrics.ImageOverlap> figure) {
        double sum = 0;
        long counted = 0;
        for (int i = 0; i < times.length; i++) {
            sum += times[i] * figure.applyAsDouble(overlaps.get(i));
            counted += times[i];
        }
        return sum / counted;
    }
}
