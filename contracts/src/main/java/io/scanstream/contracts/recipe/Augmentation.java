package io.scanstream.contracts.recipe;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;

/**
 * A random change of a training image, applied in the recipe's order; what moves pixels moves those of the mask alike.
 * Validation and test images are never changed. Changes that move pixels and follow one another are one resampling:
 * bilinear for the image, nearest for the mask.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Augmentation.HorizontalFlip.class, name = "horizontalFlip"),
    @JsonSubTypes.Type(value = Augmentation.VerticalFlip.class, name = "verticalFlip"),
    @JsonSubTypes.Type(value = Augmentation.QuarterTurns.class, name = "quarterTurns"),
    @JsonSubTypes.Type(value = Augmentation.Rotation.class, name = "rotation"),
    @JsonSubTypes.Type(value = Augmentation.Affine.class, name = "affine"),
    @JsonSubTypes.Type(value = Augmentation.RandomCrop.class, name = "randomCrop"),
    @JsonSubTypes.Type(value = Augmentation.RandomResizedCrop.class, name = "randomResizedCrop"),
    @JsonSubTypes.Type(value = Augmentation.BrightnessContrast.class, name = "brightnessContrast"),
    @JsonSubTypes.Type(value = Augmentation.ColorJitter.class, name = "colorJitter"),
    @JsonSubTypes.Type(value = Augmentation.ChannelShift.class, name = "channelShift"),
    @JsonSubTypes.Type(value = Augmentation.GaussianBlur.class, name = "gaussianBlur"),
    @JsonSubTypes.Type(value = Augmentation.Cutout.class, name = "cutout"),
    @JsonSubTypes.Type(value = Augmentation.Mixup.class, name = "mixup"),
    @JsonSubTypes.Type(value = Augmentation.Cutmix.class, name = "cutmix")
})
public sealed interface Augmentation {

    /** What comes in from beyond the image's edge. */
    enum Fill {
        /** The image mirrored at its edge, the edge itself not repeated. */
        @JsonProperty("mirror")
        MIRROR,
        /** The edge's pixels repeated. */
        @JsonProperty("edge")
        EDGE,
        /** Black; in a mask its first class. */
        @JsonProperty("black")
        BLACK
    }

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

    /** 90, 180 or 270 degrees with equal chance; the image must be square. */
    record QuarterTurns(
            @Setting(
                    value = "How often, as a share of the images; 0.75 makes all four positions equally frequent.",
                    fallback = "0.75",
                    min = 0,
                    max = 1)
            double probability)
            implements Augmentation {}

    /** By an angle drawn evenly, about the middle. */
    record Rotation(
            @Setting(value = "The largest angle to either side, in degrees.", above = 0, max = 180, example = "15")
            double degrees,

            @Setting(value = "What comes in from outside: mirror, edge or black.", fallback = "mirror")
            Fill fill)
            implements Augmentation {}

    /** Rotated, zoomed, sheared and shifted at once about the middle, each by an amount drawn evenly. */
    record Affine(
            @Setting(value = "The largest angle to either side, in degrees.", fallback = "0", min = 0, max = 180)
            double degrees,

            @Setting(
                    value = "The smallest factor of size; below 1 the image shrinks.",
                    fallback = "1",
                    above = 0,
                    max = 10)
            double minZoom,

            @Setting(value = "The largest factor of size.", fallback = "1", above = 0, max = 10)
            double maxZoom,

            @Setting(value = "The largest shift sideways, as a share of the width.", fallback = "0", min = 0, max = 1)
            double shiftX,

            @Setting(
                    value = "The largest shift up or down, as a share of the height.",
                    fallback = "0",
                    min = 0,
                    max = 1)
            double shiftY,

            @Setting(
                    value = "The largest shear along the rows to either side, in degrees.",
                    fallback = "0",
                    min = 0,
                    below = 90)
            double shear,

            @Setting(value = "What comes in from outside: mirror, edge or black.", fallback = "mirror")
            Fill fill)
            implements Augmentation {}

    /** The image is padded with its mirrored edge and a part of it is cut out at a random place. */
    record RandomCrop(
            @Setting(value = "Padding on each side, in pixels.", fallback = "0", min = 0, max = 512, example = "4")
            int paddingPx,

            @Setting(
                    value =
                            "Side of the square part in pixels; 0 for the image's own size. Networks that end in adaptive"
                                    + " pooling can train on parts and be used on whole images.",
                    fallback = "0",
                    min = 0,
                    max = 2048)
            int sizePx)
            implements Augmentation {}

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

    /**
     * Brightness, contrast, saturation and hue in an order drawn anew for each image, as torchvision's ColorJitter on Pillow
     * images: the first three by factors drawn evenly around 1 and at least 0, the hue turned by a share of the circle. Grey
     * images have no saturation and no hue.
     */
    record ColorJitter(
            @Setting(value = "The largest change of brightness, as a share.", fallback = "0", min = 0, max = 10)
            double brightness,

            @Setting(value = "The largest change of contrast, as a share.", fallback = "0", min = 0, max = 10)
            double contrast,

            @Setting(value = "The largest change of saturation, as a share.", fallback = "0", min = 0, max = 10)
            double saturation,

            @Setting(value = "The largest turn of hue to either side, in turns.", fallback = "0", min = 0, max = 0.5)
            double hue)
            implements Augmentation {}

    /** The same amount, drawn evenly for each channel, is added to all of its values. */
    record ChannelShift(
            @Setting(value = "The largest shift, as a share of the full range.", above = 0, max = 1, example = "0.1")
            double range)
            implements Augmentation {}

    /** Blurred by a Gaussian whose width is drawn evenly; as torchvision's GaussianBlur. */
    record GaussianBlur(
            @Setting(value = "Width of the kernel in pixels, odd.", fallback = "5", min = 1, max = 99)
            int kernelWidthPx,

            @Setting(value = "Height of the kernel in pixels, odd.", fallback = "5", min = 1, max = 99)
            int kernelHeightPx,

            @Setting(value = "The smallest standard deviation, in pixels.", fallback = "0.1", above = 0, max = 100)
            double minSigma,

            @Setting(value = "The largest standard deviation, in pixels.", fallback = "2", above = 0, max = 100)
            double maxSigma,

            @Setting(value = "How often, as a share of the images.", fallback = "1", min = 0, max = 1)
            double probability)
            implements Augmentation {}

    /**
     * A square at a random place, cut off at the edges, is painted with the image's mean colour; its mask stays (DeVries and
     * Taylor 2017, arXiv 1708.04552).
     */
    record Cutout(
            @Setting(
                    value = "Side of the square, as a share of the shorter side.",
                    fallback = "0.25",
                    above = 0,
                    max = 1)
            double side,

            @Setting(value = "Squares an image.", fallback = "1", min = 1, max = 100)
            int count,

            @Setting(value = "How often, as a share of the images.", fallback = "1", min = 0, max = 1)
            double probability)
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
