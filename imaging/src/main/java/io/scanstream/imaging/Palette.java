package io.scanstream.imaging;

import java.util.Arrays;

/** The colours that indices stand for, opaque. A palette of greys makes a grey image. */
final class Palette {
    private final int[] colours;
    private final boolean grey;

    /** Takes the array over: 0xRRGGBB each. */
    Palette(int[] colours) {
        this.colours = colours;
        this.grey = Arrays.stream(colours)
                .allMatch(rgb -> (rgb >> 16 & 0xff) == (rgb & 0xff) && (rgb >> 8 & 0xff) == (rgb & 0xff));
    }

    int channels() {
        return grey ? 1 : 3;
    }

    /** Writes the colour's channels at {@code at}; answers where the next pixel goes. */
    int put(int index, byte[] out, int at) {
        if (index >= colours.length) {
            throw new IllegalArgumentException("a pixel names colour " + index + " of a palette of " + colours.length);
        }
        int rgb = colours[index];
        if (grey) {
            out[at] = (byte) rgb;
            return at + 1;
        }
        out[at] = (byte) (rgb >> 16);
        out[at + 1] = (byte) (rgb >> 8);
        out[at + 2] = (byte) rgb;
        return at + 3;
    }
}
