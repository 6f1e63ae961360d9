package io.scanstream.trainer.data;

import java.util.Arrays;

/** Gaussian blur as torchvision's {@code gaussian_blur}: separable here, edges mirrored, rounded once. */
final class Blur {

    /**
     * The blurred image.
     *
     * @param pixels uint8 {@code [height, width, channels]}
     * @param kernelWidth odd, in pixels; at most the image's width twice over
     * @param sigma standard deviation of both directions, in pixels
     */
    static byte[] gaussian(
            byte[] pixels, int width, int height, int channels, int kernelWidth, int kernelHeight, double sigma) {
        float[] across = kernel(kernelWidth, sigma);
        float[] down = kernel(kernelHeight, sigma);
        float[] rows = new float[pixels.length];
        int rowLength = width * channels;
        for (int tap = 0; tap < across.length; tap++) {
            int[] columns = shifted(width, tap - across.length / 2);
            float weight = across[tap];
            for (int y = 0; y < height; y++) {
                for (int x = 0; x < width; x++) {
                    int from = y * rowLength + columns[x] * channels;
                    int to = y * rowLength + x * channels;
                    for (int c = 0; c < channels; c++) {
                        rows[to + c] += (pixels[from + c] & 0xff) * weight;
                    }
                }
            }
        }
        float[] sums = new float[rowLength];
        byte[] out = new byte[pixels.length];
        for (int y = 0; y < height; y++) {
            Arrays.fill(sums, 0);
            for (int tap = 0; tap < down.length; tap++) {
                int from = mirrored(y + tap - down.length / 2, height) * rowLength;
                float weight = down[tap];
                for (int i = 0; i < rowLength; i++) {
                    sums[i] += rows[from + i] * weight;
                }
            }
            for (int i = 0; i < rowLength; i++) {
                out[y * rowLength + i] = (byte) Colours.clipped((long) Math.rint(sums[i]));
            }
        }
        return out;
    }

    private static float[] kernel(int size, double sigma) {
        double[] bell = new double[size];
        double sum = 0;
        for (int i = 0; i < size; i++) {
            double x = (i - (size - 1) / 2.0) / sigma;
            bell[i] = Math.exp(-0.5 * x * x);
            sum += bell[i];
        }
        float[] kernel = new float[size];
        for (int i = 0; i < size; i++) {
            kernel[i] = (float) (bell[i] / sum);
        }
        return kernel;
    }

    private static int[] shifted(int size, int shift) {
        int[] indices = new int[size];
        for (int i = 0; i < size; i++) {
            indices[i] = mirrored(i + shift, size);
        }
        return indices;
    }

    private static int mirrored(int index, int size) {
        if (size == 1) {
            return 0;
        }
        int period = 2 * (size - 1);
        int folded = Math.floorMod(index, period);
        return folded < size ? folded : period - folded;
    }

    private Blur() {}
}
