package io.scanstream.imaging;

import java.util.concurrent.ConcurrentHashMap;

/**
 * One axis of a resize: for every output pixel, the first source pixel and the weights of it and its neighbours. The
 * arithmetic is Pillow's ({@code Resample.c}, precompute_coeffs and normalize_coeffs_8bpc; {@code Geometry.c},
 * ImagingScaleAffine), operation by operation, so that weights trained behind Pillow or torchvision see the same pixels.
 */
final class Taps {
    /** 32 bits less 8 for the value and 2 for overshoot, as in Pillow. */
    static final int PRECISION_BITS = 32 - 8 - 2;

    /** Half a level: added before the shift, so that values are rounded and not cut. */
    static final int HALF = 1 << (PRECISION_BITS - 1);

    /** Data sets have few sizes; a stream of ever new sizes must not fill the heap. */
    private static final int CACHED = 128;

    private static final ConcurrentHashMap<Axis, Taps> TRIANGLES = new ConcurrentHashMap<>();

    /**
     * One side of a resize. Only the window is ever computed: an image of one pixel by many, cropped, has a scaled side of
     * millions.
     *
     * @param in source pixels
     * @param out pixels after scaling
     * @param from first scaled pixel that is wanted
     * @param length number of scaled pixels that are wanted
     */
    record Axis(int in, int out, int from, int length) {}

    /** The triangle filter; its support grows with the reduction. */
    static Taps triangle(Axis axis) {
        Taps known = TRIANGLES.get(axis);
        if (known != null) {
            return known;
        }
        if (TRIANGLES.size() >= CACHED) {
            TRIANGLES.clear();
        }
        Taps made = makeTriangle(axis);
        TRIANGLES.put(axis, made);
        return made;
    }

    private final int[] first;
    private final int[] count;
    private final int stride;
    private final int[] weights;

    private Taps(int[] first, int[] count, int stride, int[] weights) {
        this.first = first;
        this.count = count;
        this.stride = stride;
        this.weights = weights;
    }

    /** For each output pixel: the index of its first source pixel. */
    int[] first() {
        return first;
    }

    /** For each output pixel: the number of its source pixels. */
    int[] count() {
        return count;
    }

    /** The distance in {@link #weights} between two output pixels, and the most source pixels that one has. */
    int stride() {
        return stride;
    }

    /** Fixed point of {@link #PRECISION_BITS} bits; those of one output pixel add up to one within rounding. */
    int[] weights() {
        return weights;
    }

    private static Taps makeTriangle(Axis axis) {
        double scale = (double) axis.in() / axis.out();
        double filterScale = Math.max(scale, 1.0);
        double support = filterScale;
        double inverse = 1.0 / filterScale;
        int stride = (int) Math.ceil(support) * 2 + 1;
        int[] first = new int[axis.length()];
        int[] count = new int[axis.length()];
        int[] weights = new int[Math.multiplyExact(axis.length(), stride)];
        double[] exact = new double[stride];
        for (int i = 0; i < axis.length(); i++) {
            double center = (axis.from() + i + 0.5) * scale;
            int from = Math.max((int) (center - support + 0.5), 0);
            int taps = Math.min((int) (center + support + 0.5), axis.in()) - from;
            double sum = 0;
            for (int t = 0; t < taps; t++) {
                exact[t] = Math.max(0.0, 1.0 - Math.abs((t + from - center + 0.5) * inverse));
                sum += exact[t];
            }
            for (int t = 0; t < taps; t++) {
                double weight = sum == 0.0 ? exact[t] : exact[t] / sum;
                weights[i * stride + t] = (int) (0.5 + weight * (1 << PRECISION_BITS));
            }
            first[i] = from;
            count[i] = taps;
        }
        return new Taps(first, count, stride, weights);
    }

    /** The source pixel under the centre of each wanted pixel. The running sum is Pillow's, its rounding included. */
    static int[] nearest(Axis axis) {
        double scale = (double) axis.in() / axis.out();
        int[] source = new int[axis.length()];
        double at = scale * 0.5;
        for (int i = 0; i < axis.from(); i++) {
            at += scale;
        }
        for (int i = 0; i < axis.length(); i++) {
            source[i] = Math.min((int) at, axis.in() - 1);
            at += scale;
        }
        return source;
    }
}
