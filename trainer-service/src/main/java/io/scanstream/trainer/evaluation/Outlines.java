package io.scanstream.trainer.evaluation;

import io.scanstream.contracts.model.Preprocessing;
import java.nio.ByteBuffer;

/**
 * An image with the borders of two masks drawn in: the true one's blue, the decided one's orange, white where both are. Colours
 * are Okabe and Ito's (2008); blue is the darkest and white the lightest in grey.
 */
final class Outlines {
    private static final byte[] TRUTH = {0, 0x72, (byte) 0xb2};
    private static final byte[] DECISION = {(byte) 0xe6, (byte) 0x9f, 0};
    private static final byte[] BOTH = {(byte) 0xff, (byte) 0xff, (byte) 0xff};
    private static final int RGB = 3;

    private Outlines() {}

    /**
     * Draws.
     *
     * @param pixels uint8 {@code [height, width, channels]}
     * @param truth uint8 {@code [height, width]}, class indices
     * @param decided likewise
     * @return uint8 {@code [height, width, 3]}
     */
    static byte[] drawn(Preprocessing input, byte[] pixels, byte[] truth, byte[] decided) {
        ByteBuffer rgb = ByteBuffer.allocate(truth.length * RGB);
        for (int i = 0; i < truth.length; i++) {
            boolean isTruth = isBorder(truth, input.widthPx(), i);
            boolean isDecision = isBorder(decided, input.widthPx(), i);
            if (isTruth || isDecision) {
                rgb.put(isTruth && isDecision ? BOTH : isTruth ? TRUTH : DECISION);
            } else if (input.channels() == RGB) {
                rgb.put(pixels, i * RGB, RGB);
            } else {
                rgb.put(pixels[i]).put(pixels[i]).put(pixels[i]);
            }
        }
        return rgb.array();
    }

    /** Whether a pixel of a class other than the first has a neighbour, above, below or beside it, of another class. */
    private static boolean isBorder(byte[] mask, int width, int i) {
        byte here = mask[i];
        return here != 0
                && ((i % width > 0 && mask[i - 1] != here)
                        || (i % width < width - 1 && mask[i + 1] != here)
                        || (i >= width && mask[i - width] != here)
                        || (i + width < mask.length && mask[i + width] != here));
    }
}
