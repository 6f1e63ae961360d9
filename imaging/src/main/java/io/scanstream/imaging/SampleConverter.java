package io.scanstream.imaging;

import java.awt.image.ComponentSampleModel;
import java.awt.image.DataBuffer;
import java.awt.image.DataBufferByte;
import java.awt.image.DataBufferUShort;
import java.awt.image.Raster;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Samples of a decoded raster to 8 bit grey or RGB. The raster's numbers are taken as they are in the file; Java's colour
 * models, whose grey is linear light and would change every value, are left out. Transparent pixels are composited on
 * {@link #BACKGROUND}.
 */
final class SampleConverter {
    /** White: the empty field of a bright-field microscope, the paper of a print, and what browsers show. */
    static final int BACKGROUND = 255;

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

    private final Colour colour;
    private final Alpha alpha;
    private final byte[] to8;
    private final int[] transparent;
    private final int[] palette;

    private SampleConverter(Colour colour, Alpha alpha, byte[] to8, int[] transparent, int[] palette) {
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
        return new SampleConverter(colour, alpha, to8, transparent == null ? new int[0] : transparent, new int[0]);
    }

    /** For indices into a palette of 0xRRGGBB, opaque (see {@link #over}). A palette of greys gives a grey image. */
    static SampleConverter ofPalette(int[] palette) {
        return new SampleConverter(Colour.PALETTE, Alpha.NONE, new byte[0], new int[0], palette);
    }

    /** A palette entry on the background, 0xRRGGBB. */
    static int over(int red, int green, int blue, int opacity) {
        return blend(red, opacity) << 16 | blend(green, opacity) << 8 | blend(blue, opacity);
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
        boolean grey = colour == Colour.GREY || (colour == Colour.PALETTE && isGrey(palette));
        int channels = grey ? 1 : 3;
        byte[] out = new byte[width * height * channels];
        int[] row = new int[width * bands];
        for (int y = 0; y < height; y++) {
            samples(raster, y, row);
            int at = y * width * channels;
            switch (colour) {
                case PALETTE -> look(row, bands, out, at, channels);
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
                    value = Math.min(255, value + (255 - opacity) * BACKGROUND / 255);
                } else if (opacity != 255) {
                    value = blend(value, opacity);
                }
                out[at++] = (byte) value;
            }
        }
    }

    private void look(int[] row, int bands, byte[] out, int from, int channels) {
        int at = from;
        for (int in = 0; in < row.length; in += bands) {
            if (row[in] >= palette.length) {
                throw new IllegalArgumentException(
                        "a pixel names palette entry " + row[in] + " of " + palette.length + " entries");
            }
            int rgb = palette[row[in]];
            for (int shift = 8 * (channels - 1); shift >= 0; shift -= 8) {
                out[at++] = (byte) (rgb >> shift);
            }
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

    private static int blend(int value, int opacity) {
        return (value * opacity + BACKGROUND * (255 - opacity) + 127) / 255;
    }

    private static boolean isGrey(int[] palette) {
        return Arrays.stream(palette)
                .allMatch(rgb -> (rgb >> 16 & 0xff) == (rgb & 0xff) && (rgb >> 8 & 0xff) == (rgb & 0xff));
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
