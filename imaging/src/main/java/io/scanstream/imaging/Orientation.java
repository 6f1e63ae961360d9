package io.scanstream.imaging;

/** Turns pixels upright by the EXIF / TIFF orientation tag (274), as in TIFF 6.0 section 8 and Exif 2.32 section 4.6.4. */
final class Orientation {
    static final int UPRIGHT = 1;

    private Orientation() {}

    static boolean isValid(long code) {
        return code >= 1 && code <= 8;
    }

    /**
     * The pixels as they are to be looked at.
     *
     * @param code 1 to 8: what row 0 and column 0 of the stored pixels are; 5 to 8 swap width and height
     */
    static Pixels upright(Pixels stored, int code) {
        int w = stored.widthPx();
        int h = stored.heightPx();
        // Where the first pixel comes from, and how far the next column and the next row are, in stored pixels.
        return switch (code) {
            case 1 -> stored;
            case 2 -> gather(stored, w, h, w - 1, -1, w);
            case 3 -> gather(stored, w, h, w * h - 1, -1, -w);
            case 4 -> gather(stored, w, h, w * (h - 1), 1, -w);
            case 5 -> gather(stored, h, w, 0, w, 1);
            case 6 -> gather(stored, h, w, w * (h - 1), -w, 1);
            case 7 -> gather(stored, h, w, w * h - 1, -w, -1);
            case 8 -> gather(stored, h, w, w - 1, w, -1);
            default -> throw new IllegalArgumentException("orientation " + code + " is not 1 to 8");
        };
    }

    private static Pixels gather(Pixels stored, int width, int height, int first, int column, int row) {
        int channels = stored.channels();
        byte[] from = stored.data();
        byte[] to = new byte[from.length];
        int out = 0;
        for (int y = 0; y < height; y++) {
            int in = (first + y * row) * channels;
            for (int x = 0; x < width; x++) {
                for (int c = 0; c < channels; c++) {
                    to[out++] = from[in + c];
                }
                in += column * channels;
            }
        }
        return new Pixels(width, height, channels, to);
    }
}
