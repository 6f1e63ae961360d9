package io.scanstream.inference.explanation;

import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.contracts.model.Preprocessing;
import io.scanstream.imaging.PngWriter;

/**
 * Where a model sees evidence for a class, on one scan, in the frame that its preprocessing cuts out.
 *
 * @param label the class
 * @param columns of the map
 * @param rows of the map
 * @param evidence {@code [rows][columns]} in row-major order; of {@link Method#CLASS_ACTIVATION} and {@link
 *     Method#OCCLUSION} above 0 what speaks for the class and below 0 what speaks against it, see there; of {@link
 *     Method#SEGMENTATION} the probability of the class, 0 to 1
 * @param frame what {@code seen} is
 * @param seen the scan as the model sees it, uint8 {@code [height, width, channels]}
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record Heatmap(
        ModelVersion version,
        String label,
        Method method,
        int columns,
        int rows,
        float[] evidence,
        Preprocessing frame,
        byte[] seen) {
    /** How a map comes about. */
    public enum Method {
        /**
         * The class's logit, less the mean of the others' logits, at each place of the last feature map, from the output {@code
         * maps}: exact for what the linear head adds up, up to its offset.
         */
        CLASS_ACTIVATION,

        /** How much the class's logit, less the mean of the others', falls when a part of the scan is covered by its mean colour. */
        OCCLUSION,

        /** The probability of the class at each pixel. */
        SEGMENTATION
    }

    /** The shorter sides of pictures are at least about so long. */
    private static final int LEAST_SIDE_PX = 448;

    /** How opaque the strongest evidence is. */
    private static final double MOST_OPACITY = 0.65;

    private static final int[] FOR = {255, 96, 0};
    private static final int[] AGAINST = {0, 96, 255};

    /**
     * The scan in grey below the evidence: orange speaks for the class, blue against it, the more opaque the stronger, as a share
     * of the strongest on this scan. Of a segmenter orange is where the class is at least as probable as not.
     *
     * @return a PNG, a whole multiple of the frame
     */
    public byte[] png() {
        int scale = Math.max(1, Math.round((float) LEAST_SIDE_PX / Math.min(frame.widthPx(), frame.heightPx())));
        int width = frame.widthPx() * scale;
        int height = frame.heightPx() * scale;
        float strongest = strongest();
        byte[] pixels = new byte[Math.multiplyExact(3, Math.multiplyExact(width, height))];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                float here = at((x + 0.5f) / width, (y + 0.5f) / height);
                double opacity = opacity(here, strongest);
                int[] colour = here >= 0 ? FOR : AGAINST;
                int grey = grey(x / scale, y / scale);
                for (int channel = 0; channel < 3; channel++) {
                    pixels[3 * (y * width + x) + channel] =
                            (byte) Math.round((1 - opacity) * grey + opacity * colour[channel]);
                }
            }
        }
        return PngWriter.encode(pixels, width, height, 3);
    }

    private double opacity(float here, float strongest) {
        if (method == Method.SEGMENTATION) {
            return here >= 0.5f ? MOST_OPACITY / 2 : 0;
        }
        return strongest == 0 ? 0 : MOST_OPACITY * Math.abs(here) / strongest;
    }

    private float strongest() {
        float strongest = 0;
        for (float value : evidence) {
            strongest = Math.max(strongest, Math.abs(value));
        }
        return strongest;
    }

    /** Between the middles of the map's places, linearly; 0 to 1 from side to side. */
    private float at(float acrossShare, float downShare) {
        float across = Math.max(0, Math.min(columns - 1, acrossShare * columns - 0.5f));
        float down = Math.max(0, Math.min(rows - 1, downShare * rows - 0.5f));
        int left = (int) across;
        int above = (int) down;
        int right = Math.min(columns - 1, left + 1);
        int below = Math.min(rows - 1, above + 1);
        float byX = across - left;
        float byY = down - above;
        float upper = evidence[above * columns + left] * (1 - byX) + evidence[above * columns + right] * byX;
        float lower = evidence[below * columns + left] * (1 - byX) + evidence[below * columns + right] * byX;
        return upper * (1 - byY) + lower * byY;
    }

    /** ITU-R BT.601 luma. */
    private int grey(int x, int y) {
        int first = (y * frame.widthPx() + x) * frame.channels();
        if (frame.channels() == 1) {
            return seen[first] & 0xff;
        }
        return (int) Math.round(
                0.299 * (seen[first] & 0xff) + 0.587 * (seen[first + 1] & 0xff) + 0.114 * (seen[first + 2] & 0xff));
    }
}
