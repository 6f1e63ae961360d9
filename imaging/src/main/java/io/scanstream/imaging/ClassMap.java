package io.scanstream.imaging;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;

/**
 * What a segmenter says of one image: for each pixel the most probable class, of equals the first. Evaluation, golden
 * scores and serving all decide here.
 */
public final class ClassMap {
    private final int widthPx;
    private final int heightPx;
    private final byte[] classes;
    private final float[] margins;
    private final long[] counts;
    private final double[] means;

    private ClassMap(int classCount, int widthPx, int heightPx) {
        this.widthPx = widthPx;
        this.heightPx = heightPx;
        this.classes = new byte[widthPx * heightPx];
        this.margins = new float[widthPx * heightPx];
        this.counts = new long[classCount];
        this.means = new double[classCount];
    }

    /**
     * Decides every pixel.
     *
     * @param probabilities {@code [classCount, heightPx, widthPx]} float32
     * @param classCount 2 to 256
     * @throws ScanstreamException {@code INTERNAL} if a probability is not finite or the shape is another
     */
    public static ClassMap of(float[] probabilities, int classCount, int widthPx, int heightPx) {
        int pixels = Math.multiplyExact(widthPx, heightPx);
        if (classCount < 2 || classCount > 256 || probabilities.length != Math.multiplyExact(classCount, pixels)) {
            throw new ScanstreamException(
                    ErrorCode.INTERNAL,
                    "a class map: " + probabilities.length + " probabilities are not " + classCount + " classes of "
                            + widthPx + "x" + heightPx + " pixels.");
        }
        ClassMap map = new ClassMap(classCount, widthPx, heightPx);
        for (int i = 0; i < pixels; i++) {
            map.decide(i, probabilities, pixels);
        }
        for (int k = 0; k < classCount; k++) {
            map.means[k] /= pixels;
            if (!Double.isFinite(map.means[k])) {
                throw new ScanstreamException(
                        ErrorCode.INTERNAL, "a class map: the probabilities of class " + k + " are not all finite.");
            }
        }
        return map;
    }

    private void decide(int pixel, float[] probabilities, int pixels) {
        int best = 0;
        float first = Float.NEGATIVE_INFINITY;
        float second = Float.NEGATIVE_INFINITY;
        for (int k = 0; k < counts.length; k++) {
            float probability = probabilities[k * pixels + pixel];
            means[k] += probability;
            if (probability > first) {
                second = first;
                first = probability;
                best = k;
            } else if (probability > second) {
                second = probability;
            }
        }
        classes[pixel] = (byte) best;
        margins[pixel] = first - second;
        counts[best]++;
    }

    public int widthPx() {
        return widthPx;
    }

    public int heightPx() {
        return heightPx;
    }

    /** The class of every pixel, uint8 {@code [height, width]}; not to be changed. */
    public byte[] classes() {
        return classes;
    }

    /** How much more probable a pixel's class is than the next, 0 to 1. */
    public float margin(int pixel) {
        return margins[pixel];
    }

    /** The share of the pixels that are decided for a class, 0 to 1. */
    public double share(int classIndex) {
        return (double) counts[classIndex] / classes.length;
    }

    /** The mean over the pixels of each class's probability. */
    public double[] meanProbabilities() {
        return means.clone();
    }

    /** The class that most pixels are decided for, of equals the first. */
    public int mostFrequent() {
        int most = 0;
        for (int k = 1; k < counts.length; k++) {
            if (counts[k] > counts[most]) {
                most = k;
            }
        }
        return most;
    }

    /** As a grey PNG whose values are class indices. */
    public byte[] png() {
        return PngWriter.encode(classes, widthPx, heightPx, 1);
    }
}
