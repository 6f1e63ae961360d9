package io.scanstream.contracts.recipe;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;

/** A random change of a training image, applied in the recipe's order. Validation and test images are never changed. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Augmentation.HorizontalFlip.class, name = "horizontalFlip"),
    @JsonSubTypes.Type(value = Augmentation.VerticalFlip.class, name = "verticalFlip"),
    @JsonSubTypes.Type(value = Augmentation.QuarterTurns.class, name = "quarterTurns"),
    @JsonSubTypes.Type(value = Augmentation.Rotation.class, name = "rotation"),
    @JsonSubTypes.Type(value = Augmentation.RandomCrop.class, name = "randomCrop"),
    @JsonSubTypes.Type(value = Augmentation.RandomResizedCrop.class, name = "randomResizedCrop"),
    @JsonSubTypes.Type(value = Augmentation.BrightnessContrast.class, name = "brightnessContrast"),
    @JsonSubTypes.Type(value = Augmentation.Mixup.class, name = "mixup"),
    @JsonSubTypes.Type(value = Augmentation.Cutmix.class, name = "cutmix")
})
public sealed interface Augmentation {

    /** Left becomes right. */
    record HorizontalFlip(
            @Setting(value = "How often, as a share of the images.", fallback = "0.5", min = 0, max = 1)
            double probability)
            implements Augmentation {}

    /** Top becomes bottom. */
    record VerticalFlip(
            @Setting(value = "How often, as a share of the images.", fallback = "0.5", min = 0, max = 1)
            double probability)
            implements Augmentation {}

    /** 0, 90, 180 or 270 degrees with equal chance; the image must be square. */
    record QuarterTurns() implements Augmentation {}

    /** By an angle drawn evenly, about the middle; what comes in from outside is the mirrored edge. */
    record Rotation(
            @Setting(value = "The largest angle to either side, in degrees.", above = 0, max = 180, example = "15")
            double degrees)
            implements Augmentation {}

    /** The image is padded with its mirrored edge and cut back to its size at a random place. */
    record RandomCrop(
            @Setting(value = "Padding on each side, in pixels.", min = 1, max = 512, example = "4")
            int paddingPx) implements Augmentation {}

    /** A part of the image, resized to its full size; as torchvision's RandomResizedCrop. */
    record RandomResizedCrop(
            @Setting(value = "The smallest part, as a share of the area.", fallback = "0.8", above = 0, max = 1)
            double minScale,

            @Setting(value = "The largest part, as a share of the area.", fallback = "1.0", above = 0, max = 1)
            double maxScale,

            @Setting(
                    value = "The narrowest aspect ratio; the widest is its inverse.",
                    fallback = "0.75",
                    above = 0,
                    max = 1)
            double minRatio)
            implements Augmentation {}

    /** Values are scaled about black and about the image's mean, each by a factor drawn evenly around 1. */
    record BrightnessContrast(
            @Setting(value = "The largest change of brightness, as a share.", fallback = "0.2", min = 0, below = 1)
            double brightness,

            @Setting(value = "The largest change of contrast, as a share.", fallback = "0.2", min = 0, below = 1)
            double contrast)
            implements Augmentation {}

    /** An image and the next of the batch are blended, and so are their labels, by a share drawn from Beta(alpha, alpha). */
    record Mixup(
            @Setting(
                    value = "The beta distribution's parameter: 1 draws evenly.",
                    fallback = "0.2",
                    above = 0,
                    max = 10)
            double alpha,

            @Setting(value = "How often, as a share of the images.", fallback = "1", above = 0, max = 1)
            double probability)
            implements Augmentation {}

    /**
     * A box of the next image of the batch is pasted into an image, of an area drawn from Beta(alpha, alpha); the labels are
     * weighted by the areas. With mixup, an image gets one of the two.
     */
    record Cutmix(
            @Setting(value = "The beta distribution's parameter: 1 draws evenly.", fallback = "1", above = 0, max = 10)
            double alpha,

            @Setting(value = "How often, as a share of the images.", fallback = "1", above = 0, max = 1)
            double probability)
            implements Augmentation {}
}
