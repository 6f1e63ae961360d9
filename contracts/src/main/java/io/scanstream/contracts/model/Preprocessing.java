package io.scanstream.contracts.model;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;

/**
 * How a decoded scan becomes the {@code scan} input of a model: uint8 {@code [height, width, channels]}. It travels in the
 * ONNX file's metadata as JSON; training, evaluation and serving all read it from there.
 *
 * @param widthPx width of the model's input, 1 to 8192 pixels
 * @param heightPx height of the model's input, 1 to 8192 pixels
 * @param channels 1 (grey, ITU-R BT.601 luma) or 3 (RGB)
 * @param resize how another aspect ratio is fitted
 * @param interpolation the resampling filter
 * @param sixteenBit how samples of more than 8 bits become 8
 */
public record Preprocessing(
        int widthPx, int heightPx, int channels, Resize resize, Interpolation interpolation, SixteenBit sixteenBit) {

    /** How an image of another aspect ratio is fitted into the input. */
    public enum Resize {
        /** Both sides scaled independently. */
        @JsonProperty("stretch")
        STRETCH,
        /** The shorter side scaled to fit, the longer one cut evenly on both ends. */
        @JsonProperty("crop")
        CROP,
        /** The longer side scaled to fit, the rest filled with black, the image in the middle. */
        @JsonProperty("letterbox")
        LETTERBOX
    }

    /** The resampling filter. */
    public enum Interpolation {
        /** Antialiased bilinear: a triangle filter whose support grows with the reduction, as in Pillow's BILINEAR. */
        @JsonProperty("bilinear")
        BILINEAR,
        /** The nearest source pixel, as in Pillow's NEAREST; for masks. */
        @JsonProperty("nearest")
        NEAREST
    }

    /** How samples of more than 8 bits become 8. */
    public enum SixteenBit {
        /** The full range of the format (its maximum value) is mapped linearly to 0..255, rounded to nearest. */
        @JsonProperty("scale")
        SCALE
    }

    public Preprocessing {
        requireSide("widthPx", widthPx);
        requireSide("heightPx", heightPx);
        if (channels != 1 && channels != 3) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST,
                    "preprocessing.channels: " + channels + " is neither 1 (grey) nor 3 (RGB).");
        }
    }

    /** RGB or grey at one size, stretched, antialiased bilinear. */
    public static Preprocessing stretched(int widthPx, int heightPx, int channels) {
        return new Preprocessing(widthPx, heightPx, channels, Resize.STRETCH, Interpolation.BILINEAR, SixteenBit.SCALE);
    }

    /** Bytes of one preprocessed scan. */
    public int sizeBytes() {
        return Math.multiplyExact(Math.multiplyExact(widthPx, heightPx), channels);
    }

    private static void requireSide(String name, int px) {
        if (px < 1 || px > 8192) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST,
                    "preprocessing." + name + ": " + px + " is not between 1 and 8192 pixels.");
        }
    }
}
