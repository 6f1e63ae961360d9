package io.scanstream.trainer.ingest;

import io.scanstream.contracts.dataset.Likeness;
import io.scanstream.contracts.model.Preprocessing.Interpolation;
import io.scanstream.imaging.Resampler;
import java.util.HexFormat;

/** Makes likenesses; see {@link Likeness} for what they are. */
final class Likenesses {
    /** Below this a side has too few pixels for 12 frequencies: digits of 28 pixels would all look alike. */
    static final int SHORTEST_SIDE_PX = 32;

    private static final int SIDE = 32;
    private static final int FREQUENCIES = 12;
    /** Of a grey level; what is below it is rounding, not structure. */
    private static final double SILENCE = 0.5;

    private static final Resampler RESAMPLER = new Resampler(Interpolation.BILINEAR);
    private static final double[][] WAVES = waves();

    private static double[][] waves() {
        double[][] waves = new double[FREQUENCIES][SIDE];
        for (int k = 0; k < FREQUENCIES; k++) {
            for (int x = 0; x < SIDE; x++) {
                waves[k][x] = Math.cos(Math.PI * k * (2 * x + 1) / (2 * SIDE));
            }
        }
        return waves;
    }

    /**
     * The likeness of an image.
     *
     * @param pixels uint8 {@code [heightPx, widthPx, channels]}
     */
    static Likeness of(byte[] pixels, int widthPx, int heightPx, int channels) {
        byte[] small = RESAMPLER.resize(pixels, widthPx, heightPx, channels, SIDE, SIDE);
        double[] grey = new double[SIDE * SIDE];
        for (int i = 0; i < grey.length; i++) {
            for (int c = 0; c < channels; c++) {
                grey[i] += (small[i * channels + c] & 0xff) / (double) channels;
            }
        }
        double[][] rows = new double[SIDE][FREQUENCIES];
        for (int y = 0; y < SIDE; y++) {
            for (int k = 0; k < FREQUENCIES; k++) {
                for (int x = 0; x < SIDE; x++) {
                    rows[y][k] += grey[y * SIDE + x] * WAVES[k][x];
                }
            }
        }
        byte[] bits = new byte[FREQUENCIES * FREQUENCIES / 8];
        for (int v = 0; v < FREQUENCIES; v++) {
            for (int u = 0; u < FREQUENCIES; u++) {
                double sum = 0;
                for (int y = 0; y < SIDE; y++) {
                    sum += rows[y][u] * WAVES[v][y];
                }
                int bit = v * FREQUENCIES + u;
                if (bit > 0 && sum > SILENCE) {
                    bits[bit / 8] |= (byte) (0x80 >> (bit % 8));
                }
            }
        }
        return new Likeness(HexFormat.of().formatHex(bits));
    }

    private Likenesses() {}
}
