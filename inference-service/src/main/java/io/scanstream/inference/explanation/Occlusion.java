package io.scanstream.inference.explanation;

import io.scanstream.contracts.model.Preprocessing;
import java.util.Arrays;

/**
 * Scans with a part covered (Zeiler and Fergus, Visualizing and Understanding Convolutional Networks, 2014): squares on a grid,
 * each {@link #OVERLAP} times as wide as the grid's step so that they overlap, in the scan's own mean colour.
 *
 * @param frame of the scan
 * @param side columns and rows of the grid
 */
record Occlusion(Preprocessing frame, int side) {
    private static final double OVERLAP = 2;

    int count() {
        return side * side;
    }

    /**
     * The scan without a part.
     *
     * @param scan uint8 {@code [height, width, channels]}
     * @param place 0 to {@link #count} − 1, row by row
     */
    byte[] covered(byte[] scan, int place) {
        byte[] covered = scan.clone();
        byte[] colour = mean(scan);
        int channels = frame.channels();
        int left = from(place % side, frame.widthPx());
        int right = to(place % side, frame.widthPx());
        int bottom = to(place / side, frame.heightPx());
        for (int y = from(place / side, frame.heightPx()); y < bottom; y++) {
            for (int x = left; x < right; x++) {
                System.arraycopy(colour, 0, covered, (y * frame.widthPx() + x) * channels, channels);
            }
        }
        return covered;
    }

    private int from(int step, int px) {
        return (int) Math.max(0, Math.floor((step + 0.5 - OVERLAP / 2) * px / side));
    }

    private int to(int step, int px) {
        return (int) Math.min(px, Math.ceil((step + 0.5 + OVERLAP / 2) * px / side));
    }

    private byte[] mean(byte[] scan) {
        long[] sums = new long[frame.channels()];
        for (int i = 0; i < scan.length; i++) {
            sums[i % sums.length] += scan[i] & 0xff;
        }
        byte[] mean = new byte[sums.length];
        Arrays.setAll(sums, channel -> Math.round((double) sums[channel] * sums.length / scan.length));
        for (int channel = 0; channel < mean.length; channel++) {
            mean[channel] = (byte) sums[channel];
        }
        return mean;
    }
}
