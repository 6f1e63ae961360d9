package io.scanstream.imaging;

import java.util.List;

/**
 * A decoded image: upright, 8 bit, grey or RGB, without alpha. Values are those of the file (no colour management, as in
 * Pillow); deeper samples are scaled from the full range of their depth and rounded.
 */
public final class Image {
    private final Pixels pixels;
    private final ImageFormat format;
    private final List<String> warnings;

    Image(Pixels pixels, ImageFormat format, List<String> warnings) {
        this.pixels = pixels;
        this.format = format;
        this.warnings = List.copyOf(warnings);
    }

    /** Width in pixels after orientation. */
    public int widthPx() {
        return pixels.widthPx();
    }

    /** Height in pixels after orientation. */
    public int heightPx() {
        return pixels.heightPx();
    }

    /** 1 (grey) or 3 (RGB). */
    public int channels() {
        return pixels.channels();
    }

    /** What the file was, by its content. */
    public ImageFormat format() {
        return format;
    }

    /** What was left out or ignored, one sentence each: further pages, malformed metadata, degenerate size. */
    public List<String> warnings() {
        return warnings;
    }

    /** uint8 {@code [height, width, channels]}, row-major. Not a copy: the caller must not write to it. */
    public byte[] pixels() {
        return pixels.data();
    }

    @Override
    public String toString() {
        return format + " " + widthPx() + "x" + heightPx() + "x" + channels();
    }
}
