package io.scanstream.trainer.data;

/**
 * Changes of colour as torchvision 0.14 makes them on Pillow images: every step rounds to 8 bits as Pillow's does. Pixels are
 * uint8 {@code [height, width, channels]} with 1 or 3 channels; what comes in is left as it is.
 */
final class Colours {

    /** Blends with black; 0 is black, 1 the image, above 1 brighter. */
    static byte[] brightness(byte[] pixels, double factor) {
        return mapped(pixels, towards(0, factor));
    }

    /** Blends with the mean of the luma, rounded to a whole level. */
    static byte[] contrast(byte[] pixels, int channels, double factor) {
        long sum = 0;
        int count = pixels.length / channels;
        for (int i = 0; i < pixels.length; i += channels) {
            sum += luma(pixels, i, channels);
        }
        return mapped(pixels, towards((int) ((double) sum / count + 0.5), factor));
    }

    /** Blends RGB with its luma; 0 is grey. */
    static byte[] saturation(byte[] rgb, double factor) {
        byte[] out = new byte[rgb.length];
        for (int i = 0; i < rgb.length; i += 3) {
            int grey = luma(rgb, i, 3);
            for (int c = i; c < i + 3; c++) {
                out[c] = (byte) blend(grey, rgb[c] & 0xff, factor);
            }
        }
        return out;
    }

    /**
     * Turns the hue of RGB, through Pillow's 8 bit HSV.
     *
     * @param turns share of the circle, −0.5 to 0.5
     */
    static byte[] hue(byte[] rgb, double turns) {
        byte[] out = new byte[rgb.length];
        // As numpy's uint8(): cut towards zero, then modulo 256.
        int shift = (int) (turns * 255) & 0xff;
        for (int i = 0; i < rgb.length; i += 3) {
            int red = rgb[i] & 0xff;
            int green = rgb[i + 1] & 0xff;
            int blue = rgb[i + 2] & 0xff;
            int value = Math.max(red, Math.max(green, blue));
            int spread = value - Math.min(red, Math.min(green, blue));
            if (spread == 0) {
                out[i] = rgb[i];
                out[i + 1] = rgb[i];
                out[i + 2] = rgb[i];
            } else {
                int saturation = (int) ((float) spread / value * 255.0);
                toRgb((hue(red, green, blue, value, spread) + shift) & 0xff, saturation, value, out, i);
            }
        }
        return out;
    }

    private static int hue(int red, int green, int blue, int value, int spread) {
        float fromRed = (float) (value - red) / spread;
        float fromGreen = (float) (value - green) / spread;
        float fromBlue = (float) (value - blue) / spread;
        double sixths;
        if (red == value) {
            sixths = fromBlue - fromGreen;
        } else if (green == value) {
            sixths = 2.0 + fromRed - fromBlue;
        } else {
            sixths = 4.0 + fromGreen - fromRed;
        }
        double turn = (float) sixths / 6.0 + 1.0;
        return (int) ((float) (turn >= 1 ? turn - 1 : turn) * 255.0);
    }

    private static void toRgb(int hue, int saturation, int value, byte[] out, int at) {
        double sixths = hue * 6.0 / 255.0;
        int sector = (int) sixths;
        double f = sixths - sector;
        double s = saturation / 255.0;
        byte v = (byte) value;
        // Rounded by hand: nothing is negative, and this is done for every pixel.
        byte p = (byte) (int) (value * (1.0 - s) + 0.5);
        byte q = (byte) (int) (value * (1.0 - s * f) + 0.5);
        byte t = (byte) (int) (value * (1.0 - s * (1.0 - f)) + 0.5);
        switch (sector % 6) {
            case 0 -> put(out, at, v, t, p);
            case 1 -> put(out, at, q, v, p);
            case 2 -> put(out, at, p, v, t);
            case 3 -> put(out, at, p, q, v);
            case 4 -> put(out, at, t, p, v);
            default -> put(out, at, v, p, q);
        }
    }

    private static void put(byte[] out, int at, byte red, byte green, byte blue) {
        out[at] = red;
        out[at + 1] = green;
        out[at + 2] = blue;
    }

    /** Adds an amount to each channel, cut off at black and white. */
    static byte[] shifted(byte[] pixels, double[] levels) {
        byte[] out = new byte[pixels.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = (byte) clipped(Math.round((pixels[i] & 0xff) + levels[i % levels.length]));
        }
        return out;
    }

    /** The values of one table for all channels. */
    static byte[] mapped(byte[] pixels, byte[] table) {
        byte[] out = new byte[pixels.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = table[pixels[i] & 0xff];
        }
        return out;
    }

    private static byte[] towards(int other, double factor) {
        byte[] table = new byte[256];
        for (int value = 0; value < 256; value++) {
            table[value] = (byte) blend(other, value, factor);
        }
        return table;
    }

    /** Pillow's {@code Image.blend}: cut towards zero, then clipped. */
    private static int blend(int other, int value, double factor) {
        return clipped((long) (other + (float) factor * (value - other)));
    }

    private static int luma(byte[] pixels, int at, int channels) {
        if (channels == 1) {
            return pixels[at] & 0xff;
        }
        int sum = (pixels[at] & 0xff) * 19595 + (pixels[at + 1] & 0xff) * 38470 + (pixels[at + 2] & 0xff) * 7471;
        return (sum + 0x8000) >> 16;
    }

    static int clipped(long value) {
        return (int) Math.max(0, Math.min(255, value));
    }

    private Colours() {}
}
