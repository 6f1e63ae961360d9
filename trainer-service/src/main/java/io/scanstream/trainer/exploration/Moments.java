package io.scanstream.trainer.exploration;

import java.util.ArrayList;
import java.util.List;

/** Sums of pixels and their squares, exact in whole numbers, and how often masks have each value. For one thread. */
final class Moments {
    private final long[] sums = new long[3];
    private final long[] squares = new long[3];
    private final long[] maskValues = new long[256];
    private long pixels;

    /** Of uint8 {@code [height, width, channels]}; one channel counts as three equal ones. */
    static Moments of(byte[] pixels, int channels) {
        Moments moments = new Moments();
        moments.pixels = pixels.length / channels;
        for (int i = 0; i < pixels.length; i++) {
            int value = pixels[i] & 0xff;
            moments.sums[i % channels] += value;
            moments.squares[i % channels] += (long) value * value;
        }
        for (int c = channels; c < 3; c++) {
            moments.sums[c] = moments.sums[0];
            moments.squares[c] = moments.squares[0];
        }
        return moments;
    }

    /** Counts a mask's values: those of the first channel, all are equal. */
    void addMask(byte[] mask, int channels) {
        for (int i = 0; i < mask.length; i += channels) {
            maskValues[mask[i] & 0xff]++;
        }
    }

    void add(Moments other) {
        pixels += other.pixels;
        for (int c = 0; c < 3; c++) {
            sums[c] += other.sums[c];
            squares[c] += other.squares[c];
        }
        for (int value = 0; value < maskValues.length; value++) {
            maskValues[value] += other.maskValues[value];
        }
    }

    long maskPixels(int value) {
        return maskValues[value];
    }

    /** Of each channel, 0 to 1. */
    List<Double> mean() {
        List<Double> mean = new ArrayList<>();
        for (long sum : sums) {
            mean.add(sum / 255.0 / Math.max(1, pixels));
        }
        return mean;
    }

    /** Of each channel, over all pixels together. */
    List<Double> std() {
        List<Double> std = new ArrayList<>();
        for (int c = 0; c < 3; c++) {
            double mean = (double) sums[c] / Math.max(1, pixels);
            std.add(Math.sqrt(Math.max(0, (double) squares[c] / Math.max(1, pixels) - mean * mean)) / 255);
        }
        return std;
    }
}
