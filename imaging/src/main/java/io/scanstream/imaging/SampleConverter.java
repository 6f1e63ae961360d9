package io.scanstream.imaging;

import java.awt.image.ComponentSampleModel;
import java.awt.image.DataBuffer;
import java.awt.image.DataBufferByte;
import java.awt.image.DataBufferUShort;
import java.awt.image.Raster;
import org.jspecify.annotations.Nullable;

/**
 * Samples of a decoded raster to 8 bit grey or RGB. The raster's numbers are taken as they are in the file; Java's colour
 * models, whose grey is linear light and would change every value, are left out. Transparent pixels are composited on
 * the {@link Background}.
 */
final class SampleConverter {
    /** What the samples of one pixel stand for, without alpha. */
    enum Colour {
        GREY(1),
        PALETTE(1),
        RGB(3),
        CMYK(4);

        private final int samples;

        Colour(int samples) {
            this.samples = samples;
        }
    }

    /** What the sample behind the colour means. */
    enum Alpha {
        /** There is none, or it is no opacity. */
        NONE,
        /** Opacity, the colour not multiplied by it. */
        STRAIGHT,
        /** Opacity, the colour already multiplied by it. */
        PREMULTIPLIED
    }

    private static final Palette NO_PALETTE = new Palette(new int[0]);

    private final Colour colour;
    private final Alpha alpha;
    private final byte[] to8;
    private final int[] transparent;
    private final Palette palette;

    private SampleConverter(Colour colour, Alpha alpha, byte[] to8, int[] transparent, Palette palette) {
        this.colour = colour;
        this.alpha = alpha;
        this.to8 = to8;
        this.transparent = transparent;
        this.palette = palette;
    }

    /**
     * For samples from 0 to {@code maximum}, scaled to 0..255 and rounded.
     *
     * @param transparent the samples of the one colour that is wholly transparent, or null
     */
    static SampleConverter of(Colour colour, Alpha alpha, int maximum, int @Nullable [] transparent) {
        byte[] to8 = new byte[maximum + 1];
        for (int v = 0; v <= maximum; v++) {
            to8[v] = (byte) ((v * 255L + maximum / 2) / maximum);
        }
        return new SampleConverter(colour, alpha, to8, transparent == null ? new int[0] : transparent, NO_PALETTE);
    }

    /** For grey samples of which {@code maximum} is black. */
    static SampleConverter inverted(int maximum) {
        SampleConverter upright = of(Colour.GREY, Alpha.NONE, maximum, null);
        for (int v = 0; v <= maximum; v++) {
            upright.to8[v] = (byte) ~upright.to8[v];
        }
        return upright;
    }

    /** For indices into a palette. */
    static SampleConverter of(Palette palette) {
        return new SampleConverter(Colour.PALETTE, Alpha.NONE, new byte[0], new int[0], palette);
    }

    /** The raster's pixels; bands beyond colour and alpha are left out. */
    Pixels convert(Raster raster) {
        int width = raster.getWidth();
        int height = raster.getHeight();
        int bands = raster.getNumBands();
        int needed = colour.samples + (alpha == Alpha.NONE ? 0 : 1);
        if (bands < needed) {
            throw new IllegalArgumentException(bands + " bands were decoded, " + needed + " are declared");
        }
        int channels = colour == Colour.PALETTE ? palette.channels() : colour == Colour.GREY ? 1 : 3;
        byte[] out = new byte[width * height * channels];
        int[] row = new int[width * bands];
        for (int y = 0; y < height; y++) {
            samples(raster, y, row);
            int at = y * width * channels;
            switch (colour) {
                case PALETTE -> look(palette, row, bands, out, at);
                case CMYK -> inks(row, bands, out, at);
                default -> scale(row, bands, channels, out, at);
            }
        }
        return new Pixels(width, height, channels, out);
    }

    private void scale(int[] row, int bands, int channels, byte[] out, int from) {
        int at = from;
        for (int in = 0; in < row.length; in += bands) {
            int opacity = 255;
            if (alpha != Alpha.NONE) {
                opacity = to8[row[in + channels]] & 0xff;
            } else if (transparent.length > 0 && isTransparent(row, in)) {
                opacity = 0;
            }
            for (int c = 0; c < channels; c++) {
                int value = to8[row[in + c]] & 0xff;
                if (alpha == Alpha.PREMULTIPLIED) {
                    value = Math.min(255, value + (255 - opacity) * Background.VALUE / 255);
                } else if (opacity != 255) {
                    value = Background.behind(value, opacity);
                }
                out[at++] = (byte) value;
            }
        }
    }

    private static void look(Palette palette, int[] row, int bands, byte[] out, int from) {
        int at = from;
        for (int in = 0; in < row.length; in += bands) {
            at = palette.put(row[in], out, at);
        }
    }

    private void inks(int[] row, int bands, byte[] out, int from) {
        byte[] inks = new byte[row.length / bands * 4];
        for (int in = 0, p = 0; in < row.length; in += bands, p += 4) {
            for (int c = 0; c < 4; c++) {
                inks[p + c] = to8[row[in + c]];
            }
        }
        byte[] rgb = Cmyk.toRgb(inks, false, false);
        System.arraycopy(rgb, 0, out, from, rgb.length);
    }

    private boolean isTransparent(int[] row, int in) {
        for (int c = 0; c < transparent.length; c++) {
            if (row[in + c] != transparent[c]) {
                return false;
            }
        }
        return true;
    }

    /** One row of interleaved samples; byte and short rasters without the per-sample calls of {@code getPixels}. */
    private static void samples(Raster raster, int y, int[] row) {
        DataBuffer data = raster.getDataBuffer();
        boolean direct = raster.getSampleModel() instanceof ComponentSampleModel
                && (data instanceof DataBufferByte || data instanceof DataBufferUShort);
        if (!direct) {
            raster.getPixels(raster.getMinX(), raster.getMinY() + y, raster.getWidth(), 1, row);
            return;
        }
        ComponentSampleModel model = (ComponentSampleModel) raster.getSampleModel();
        int bands = raster.getNumBands();
        for (int b = 0; b < bands; b++) {
            int bank = model.getBankIndices()[b];
            int line = y + raster.getMinY() - raster.getSampleModelTranslateY();
            int column = raster.getMinX() - raster.getSampleModelTranslateX();
            int from = data.getOffsets()[bank]
                    + model.getBandOffsets()[b]
                    + line * model.getScanlineStride()
                    + column * model.getPixelStride();
            if (data instanceof DataBufferByte bytes) {
                take(bytes.getData(bank), from, model.getPixelStride(), row, b, bands);
            } else {
                take(((DataBufferUShort) data).getData(bank), from, model.getPixelStride(), row, b, bands);
            }
        }
    }

    private static void take(byte[] data, int from, int stride, int[] row, int band, int bands) {
        for (int out = band, in = from; out < row.length; out += bands, in += stride) {
            row[out] = data[in] & 0xff;
        }
    }

    private static void take(short[] data, int from, int stride, int[] row, int band, int bands) {
        for (int out = band, in = from; out < row.length; out += bands, in += stride) {
            row[out] = data[in] & 0xffff;
        }
    }
}
