package io.scanstream.imaging;

/** Pixels on their way from a codec to an {@link Image}: uint8 {@code [height, width, channels]}, row-major. */
final class Pixels {
    private final int widthPx;
    private final int heightPx;
    private final int channels;
    private final byte[] data;

    /**
     * Takes the array over; nobody writes to it any more.
     *
     * @param channels 1 or 3
     */
    Pixels(int widthPx, int heightPx, int channels, byte[] data) {
        if (data.length != (long) widthPx * heightPx * channels) {
            throw new IllegalArgumentException(
                    data.length + " bytes are not " + widthPx + "x" + heightPx + "x" + channels);
        }
        this.widthPx = widthPx;
        this.heightPx = heightPx;
        this.channels = channels;
        this.data = data;
    }

    int widthPx() {
        return widthPx;
    }

    int heightPx() {
        return heightPx;
    }

    int channels() {
        return channels;
    }

    byte[] data() {
        return data;
    }
}
