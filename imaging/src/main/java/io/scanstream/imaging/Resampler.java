package io.scanstream.imaging;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.model.Preprocessing.Interpolation;
import java.util.Arrays;

/**
 * Resizes uint8 {@code [height, width, channels]} pixels as Pillow's {@code Image.resize} does, bit for bit: BILINEAR with
 * antialiasing (horizontal pass, rounded to 8 bits, then vertical), NEAREST. Stateless apart from a bounded cache of
 * weights; safe for use by many threads.
 */
public final class Resampler {
    private final Interpolation interpolation;

    public Resampler(Interpolation interpolation) {
        this.interpolation = interpolation;
    }

    /** Takes finished rows; the array is reused for the next row. */
    @FunctionalInterface
    interface RowSink {
        void accept(int row, byte[] values);
    }

    /** A part of the resized image, in pixels of the resized image. */
    record Window(int x, int y, int widthPx, int heightPx) {}

    /**
     * The image at another size.
     *
     * @param pixels uint8 {@code [heightPx, widthPx, channels]}, row-major
     * @param channels 1 to 4, all treated alike
     * @return uint8 {@code [outHeightPx, outWidthPx, channels]}, a new array
     */
    public byte[] resize(byte[] pixels, int widthPx, int heightPx, int channels, int outWidthPx, int outHeightPx) {
        if (widthPx < 1 || heightPx < 1 || channels < 1 || channels > 4 || outWidthPx < 1 || outHeightPx < 1) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST,
                    "resize: " + widthPx + "x" + heightPx + "x" + channels + " to " + outWidthPx + "x" + outHeightPx
                            + ": every side must be at least 1 pixel, channels 1 to 4.");
        }
        if (pixels.length != (long) widthPx * heightPx * channels) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST,
                    "resize: " + pixels.length + " bytes came, " + widthPx + "x" + heightPx + "x" + channels + " need "
                            + (long) widthPx * heightPx * channels + ".");
        }
        int rowBytes = outWidthPx * channels;
        byte[] out = new byte[Math.multiplyExact(rowBytes, outHeightPx)];
        Window all = new Window(0, 0, outWidthPx, outHeightPx);
        resize(
                pixels,
                widthPx,
                heightPx,
                channels,
                outWidthPx,
                outHeightPx,
                all,
                (row, values) -> System.arraycopy(values, 0, out, row * rowBytes, rowBytes));
        return out;
    }

    /** Only the rows and columns of {@code window} are computed; they are the same as in the whole resized image. */
    void resize(
            byte[] pixels,
            int widthPx,
            int heightPx,
            int channels,
            int scaledWidthPx,
            int scaledHeightPx,
            Window window,
            RowSink sink) {
        Taps.Axis columns = new Taps.Axis(widthPx, scaledWidthPx, window.x(), window.widthPx());
        Taps.Axis rows = new Taps.Axis(heightPx, scaledHeightPx, window.y(), window.heightPx());
        if (scaledWidthPx == widthPx && scaledHeightPx == heightPx) {
            copy(pixels, channels, columns, rows, sink);
        } else if (interpolation == Interpolation.NEAREST) {
            nearest(pixels, channels, columns, rows, sink);
        } else {
            bilinear(pixels, channels, columns, rows, sink);
        }
    }

    private static void copy(byte[] pixels, int channels, Taps.Axis columns, Taps.Axis rows, RowSink sink) {
        byte[] out = new byte[columns.length() * channels];
        for (int y = 0; y < rows.length(); y++) {
            int from = ((rows.from() + y) * columns.in() + columns.from()) * channels;
            System.arraycopy(pixels, from, out, 0, out.length);
            sink.accept(y, out);
        }
    }

    private static void nearest(byte[] pixels, int channels, Taps.Axis columns, Taps.Axis rows, RowSink sink) {
        int[] column = Taps.nearest(columns);
        int[] row = Taps.nearest(rows);
        byte[] out = new byte[columns.length() * channels];
        for (int y = 0; y < row.length; y++) {
            int at = 0;
            for (int x = 0; x < column.length; x++) {
                int from = (row[y] * columns.in() + column[x]) * channels;
                for (int c = 0; c < channels; c++) {
                    out[at++] = pixels[from + c];
                }
            }
            sink.accept(y, out);
        }
    }

    private static void bilinear(byte[] pixels, int channels, Taps.Axis columns, Taps.Axis rows, RowSink sink) {
        Taps across = Taps.triangle(columns);
        Taps down = Taps.triangle(rows);
        int rowLength = columns.length() * channels;
        // A ring of source rows, each squeezed once: what the vertical filter reaches, never the whole image.
        int ring = Math.min(rows.in(), down.stride());
        int[][] squeezed = new int[ring][rowLength];
        int done = down.first()[0];
        int[] sums = new int[rowLength];
        byte[] out = new byte[rowLength];
        for (int y = 0; y < rows.length(); y++) {
            int first = down.first()[y];
            int count = down.count()[y];
            for (; done < first + count; done++) {
                int[] target = squeezed[done % ring];
                int from = done * columns.in() * channels;
                if (columns.in() == columns.out()) {
                    widen(pixels, from + columns.from() * channels, target);
                } else if (channels == 3) {
                    squeezeRgb(pixels, from, across, target);
                } else {
                    squeeze(pixels, from, channels, across, target);
                }
            }
            Arrays.fill(sums, Taps.HALF);
            int weight = y * down.stride();
            for (int t = 0; t < count; t++) {
                addScaled(sums, squeezed[(first + t) % ring], down.weights()[weight + t]);
            }
            narrow(sums, out);
            sink.accept(y, out);
        }
    }

    private static void widen(byte[] pixels, int from, int[] target) {
        for (int i = 0; i < target.length; i++) {
            target[i] = pixels[from + i] & 0xff;
        }
    }

    private static void squeezeRgb(byte[] pixels, int row, Taps across, int[] target) {
        int[] first = across.first();
        int[] count = across.count();
        int[] weights = across.weights();
        int stride = across.stride();
        for (int i = 0, x = 0; i < target.length; i += 3, x++) {
            int in = row + first[x] * 3;
            int weight = x * stride;
            int end = weight + count[x];
            int red = Taps.HALF;
            int green = Taps.HALF;
            int blue = Taps.HALF;
            for (; weight < end; weight++, in += 3) {
                int w = weights[weight];
                red += (pixels[in] & 0xff) * w;
                green += (pixels[in + 1] & 0xff) * w;
                blue += (pixels[in + 2] & 0xff) * w;
            }
            target[i] = red >> Taps.PRECISION_BITS;
            target[i + 1] = green >> Taps.PRECISION_BITS;
            target[i + 2] = blue >> Taps.PRECISION_BITS;
        }
    }

    private static void squeeze(byte[] pixels, int row, int channels, Taps across, int[] target) {
        for (int i = 0, x = 0; i < target.length; i += channels, x++) {
            int from = row + across.first()[x] * channels;
            int weight = x * across.stride();
            int count = across.count()[x];
            for (int c = 0; c < channels; c++) {
                int sum = Taps.HALF;
                for (int t = 0; t < count; t++) {
                    sum += (pixels[from + t * channels + c] & 0xff) * across.weights()[weight + t];
                }
                target[i + c] = sum >> Taps.PRECISION_BITS;
            }
        }
    }

    /** Kept to plain int arrays and one loop: the shape that the JIT compiles to vector instructions. */
    private static void addScaled(int[] sums, int[] row, int weight) {
        for (int i = 0; i < sums.length; i++) {
            sums[i] += row[i] * weight;
        }
    }

    /** No clipping: weights are not negative and add up to one, so no sum leaves 0..255. */
    private static void narrow(int[] sums, byte[] out) {
        for (int i = 0; i < out.length; i++) {
            out[i] = (byte) (sums[i] >> Taps.PRECISION_BITS);
        }
    }
}
