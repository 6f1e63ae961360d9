package io.scanstream.imaging;

/**
 * What transparent pixels are composited on: white, the empty field of a bright-field microscope, the paper of a print, and
 * what browsers show.
 */
final class Background {
    static final int VALUE = 255;

    private Background() {}

    /** A value of straight alpha on the background, all 0 to 255. */
    static int behind(int value, int opacity) {
        return (value * opacity + VALUE * (255 - opacity) + 127) / 255;
    }

    /** A colour of straight alpha on the background, 0xRRGGBB. */
    static int behind(int red, int green, int blue, int opacity) {
        return (behind(red, opacity) << 16) | (behind(green, opacity) << 8) | behind(blue, opacity);
    }
}
