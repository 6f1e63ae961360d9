package io.scanstream.imaging;

/** Inks to light, without colour management, as Pillow does ({@code Convert.c}, cmyk2rgb). */
final class Cmyk {
    private Cmyk() {}

    /**
     * Converts interleaved uint8 CMYK or YCCK to RGB.
     *
     * @param ycck the first three are YCbCr of the complements of the inks (Adobe's transform 2)
     * @param inverted 255 stands for no ink, and not 0
     * @return uint8 RGB, a new array of three quarters of the length
     */
    static byte[] toRgb(byte[] inks, boolean ycck, boolean inverted) {
        byte[] rgb = new byte[inks.length / 4 * 3];
        int flip = inverted ? 255 : 0;
        for (int in = 0, out = 0; in < inks.length; in += 4, out += 3) {
            int c = inks[in] & 0xff;
            int m = inks[in + 1] & 0xff;
            int y = inks[in + 2] & 0xff;
            if (ycck) {
                int blue = m - 128;
                int red = y - 128;
                int luma = c;
                // libjpeg's ycck_cmyk_convert: 16 bit fixed point, halves rounded up.
                c = 255 - clip(luma + ((91881 * red + 0x8000) >> 16));
                m = 255 - clip(luma + ((-22554 * blue - 46802 * red + 0x8000) >> 16));
                y = 255 - clip(luma + ((116130 * blue + 0x8000) >> 16));
            }
            int white = 255 - ((inks[in + 3] & 0xff) ^ flip);
            rgb[out] = light(c ^ flip, white);
            rgb[out + 1] = light(m ^ flip, white);
            rgb[out + 2] = light(y ^ flip, white);
        }
        return rgb;
    }

    /** What one ink leaves of the light that black leaves: {@code white * (255 - ink) / 255}, rounded as in Pillow. */
    private static byte light(int ink, int white) {
        int product = ink * white + 128;
        return (byte) clip(white - (((product >> 8) + product) >> 8));
    }

    private static int clip(int value) {
        return Math.max(0, Math.min(255, value));
    }
}
