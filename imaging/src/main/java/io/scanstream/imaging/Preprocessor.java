package io.scanstream.imaging;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.model.Preprocessing;
import io.scanstream.contracts.model.Preprocessing.Resize;
import java.nio.ByteBuffer;

/**
 * From a decoded image to a model's {@code scan} input, as the model's {@link Preprocessing} says. The one implementation
 * for training, evaluation and serving. Immutable; safe for use by many threads.
 */
public final class Preprocessor {
    private final Preprocessing preprocessing;
    private final Resampler resampler;

    public Preprocessor(Preprocessing preprocessing) {
        this.preprocessing = preprocessing;
        this.resampler = new Resampler(preprocessing.interpolation());
    }

    /** uint8 {@code [height, width, channels]} of the model's input, a new array. */
    public byte[] apply(Image image) {
        byte[] input = new byte[preprocessing.sizeBytes()];
        apply(image, ByteBuffer.wrap(input));
        return input;
    }

    /**
     * Writes uint8 {@code [height, width, channels]} at the buffer's position and advances it by
     * {@link Preprocessing#sizeBytes()}. The buffer may be on the heap or direct.
     *
     * @throws ScanstreamException {@link ErrorCode#INVALID_REQUEST} where the buffer has less room; it is then unchanged
     */
    public void apply(Image image, ByteBuffer destination) {
        int size = preprocessing.sizeBytes();
        if (destination.remaining() < size) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST,
                    "preprocess: " + destination.remaining() + " bytes left in the buffer, " + size + " are needed.");
        }
        Fit fit = fit(image.widthPx(), image.heightPx());
        int channels = preprocessing.channels();
        boolean toGrey = channels == 1 && image.channels() == 3;
        boolean toRgb = channels == 3 && image.channels() == 1;
        // Grey is resized as one channel and copied to three afterwards: a third of the work, the same values.
        byte[] pixels = toGrey ? luma(image.pixels()) : image.pixels();
        byte[] rgb = new byte[toRgb ? fit.window().widthPx() * 3 : 0];
        int base = destination.position();
        if (preprocessing.resize() == Resize.LETTERBOX) {
            blacken(destination, size);
        }
        resampler.resize(
                pixels,
                image.widthPx(),
                image.heightPx(),
                toGrey ? 1 : image.channels(),
                fit.scaledWidthPx(),
                fit.scaledHeightPx(),
                fit.window(),
                (y, row) -> {
                    byte[] values = toRgb ? repeat(row, rgb) : row;
                    int at = base + ((fit.top() + y) * preprocessing.widthPx() + fit.left()) * channels;
                    destination.put(at, values);
                });
        destination.position(base + size);
    }

    /**
     * Where the scaled image goes.
     *
     * @param scaledWidthPx width of the whole source after scaling
     * @param window the part of the scaled image that is seen
     * @param left columns of the input left of the window
     * @param top rows of the input above the window
     */
    private record Fit(int scaledWidthPx, int scaledHeightPx, Resampler.Window window, int left, int top) {}

    private Fit fit(int widthPx, int heightPx) {
        int outWidth = preprocessing.widthPx();
        int outHeight = preprocessing.heightPx();
        if (preprocessing.resize() == Resize.STRETCH) {
            return new Fit(outWidth, outHeight, new Resampler.Window(0, 0, outWidth, outHeight), 0, 0);
        }
        double across = (double) outWidth / widthPx;
        double down = (double) outHeight / heightPx;
        if (preprocessing.resize() == Resize.CROP) {
            double scale = Math.max(across, down);
            int scaledWidth = Math.max(outWidth, scaled(widthPx, scale));
            int scaledHeight = Math.max(outHeight, scaled(heightPx, scale));
            int x = (scaledWidth - outWidth) / 2;
            int y = (scaledHeight - outHeight) / 2;
            return new Fit(scaledWidth, scaledHeight, new Resampler.Window(x, y, outWidth, outHeight), 0, 0);
        }
        double scale = Math.min(across, down);
        int scaledWidth = Math.min(outWidth, scaled(widthPx, scale));
        int scaledHeight = Math.min(outHeight, scaled(heightPx, scale));
        return new Fit(
                scaledWidth,
                scaledHeight,
                new Resampler.Window(0, 0, scaledWidth, scaledHeight),
                (outWidth - scaledWidth) / 2,
                (outHeight - scaledHeight) / 2);
    }

    private static int scaled(int px, double scale) {
        return (int) Math.max(1L, Math.round(px * scale));
    }

    /** ITU-R BT.601 luma in 16 bit fixed point, as Pillow's {@code convert("L")}. */
    private static byte[] luma(byte[] rgb) {
        byte[] grey = new byte[rgb.length / 3];
        for (int i = 0, p = 0; i < grey.length; i++, p += 3) {
            int sum = (rgb[p] & 0xff) * 19595 + (rgb[p + 1] & 0xff) * 38470 + (rgb[p + 2] & 0xff) * 7471;
            grey[i] = (byte) ((sum + 0x8000) >> 16);
        }
        return grey;
    }

    private static byte[] repeat(byte[] grey, byte[] rgb) {
        for (int i = 0, p = 0; i < grey.length; i++, p += 3) {
            rgb[p] = grey[i];
            rgb[p + 1] = grey[i];
            rgb[p + 2] = grey[i];
        }
        return rgb;
    }

    private static void blacken(ByteBuffer destination, int size) {
        int base = destination.position();
        for (int i = 0; i < size; i++) {
            destination.put(base + i, (byte) 0);
        }
    }
}
