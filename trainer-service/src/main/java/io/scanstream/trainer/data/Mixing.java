package io.scanstream.trainer.data;

import io.scanstream.contracts.recipe.Augmentation;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Makes one image of two of the same batch, and their labels' weights: mixup (Zhang et al. 2018, arXiv 1710.09412) and
 * CutMix (Yun et al. 2019, arXiv 1905.04899). Each image draws for itself whether, how and how much; its partner is the next
 * one of the batch, which is shuffled.
 */
final class Mixing {
    private final Augmentation.@Nullable Mixup mixup;
    private final Augmentation.@Nullable Cutmix cutmix;
    private final int width;
    private final int height;
    private final int channels;

    private Mixing(
            Augmentation.@Nullable Mixup mixup,
            Augmentation.@Nullable Cutmix cutmix,
            int width,
            int height,
            int channels) {
        this.mixup = mixup;
        this.cutmix = cutmix;
        this.width = width;
        this.height = height;
        this.channels = channels;
    }

    /** What a recipe asks for; empty if it mixes nothing. */
    static Optional<Mixing> of(List<Augmentation> steps, int width, int height, int channels) {
        Augmentation.@Nullable Mixup mixup = null;
        Augmentation.@Nullable Cutmix cutmix = null;
        for (Augmentation step : steps) {
            if (step instanceof Augmentation.Mixup found) {
                mixup = found;
            } else if (step instanceof Augmentation.Cutmix found) {
                cutmix = found;
            }
        }
        return mixup == null && cutmix == null
                ? Optional.empty()
                : Optional.of(new Mixing(mixup, cutmix, width, height, channels));
    }

    /**
     * Mixes a batch.
     *
     * @param images uint8 {@code [height, width, channels]} each; those that are mixed are replaced, none is written to
     */
    Batch.Mixed apply(byte[][] images, long[] labels, SplittableRandom random) {
        int count = images.length;
        byte[][] originals = images.clone();
        long[] others = new long[count];
        float[] weights = new float[count];
        for (int i = 0; i < count; i++) {
            int partner = (i + 1) % count;
            others[i] = labels[partner];
            weights[i] = 1;
            double draw = random.nextDouble();
            double mixupShare = mixup == null ? 0 : mixup.probability();
            if (mixup != null && draw < mixupShare) {
                weights[i] = (float) beta(mixup.alpha(), random);
                images[i] = blend(originals[i], originals[partner], weights[i]);
            } else if (cutmix != null && draw < mixupShare + cutmix.probability()) {
                byte[] pasted = originals[i].clone();
                weights[i] = paste(pasted, originals[partner], beta(cutmix.alpha(), random), random);
                images[i] = pasted;
            }
        }
        return new Batch.Mixed(others, weights);
    }

    private static byte[] blend(byte[] image, byte[] other, float weight) {
        byte[] out = new byte[image.length];
        for (int i = 0; i < out.length; i++) {
            int from = other[i] & 0xff;
            out[i] = (byte) (int) (from + weight * ((image[i] & 0xff) - from) + 0.5f);
        }
        return out;
    }

    /** Pastes a box of about the share 1 − lambda, cut off at the edges; returns the share that is left of the image. */
    private float paste(byte[] image, byte[] other, double lambda, SplittableRandom random) {
        int middleX = random.nextInt(width);
        int middleY = random.nextInt(height);
        double half = 0.5 * Math.sqrt(1 - lambda);
        int left = Math.max(0, middleX - (int) (half * width));
        int right = Math.min(width, middleX + (int) (half * width));
        int top = Math.max(0, middleY - (int) (half * height));
        int bottom = Math.min(height, middleY + (int) (half * height));
        for (int y = top; y < bottom; y++) {
            int from = (y * width + left) * channels;
            System.arraycopy(other, from, image, from, (right - left) * channels);
        }
        return 1 - (float) (right - left) * (bottom - top) / (width * height);
    }

    /** Beta(alpha, alpha), from two gamma numbers. */
    private static double beta(double alpha, SplittableRandom random) {
        double a = gamma(alpha, random);
        double b = gamma(alpha, random);
        return a + b > 0 ? a / (a + b) : random.nextInt(2);
    }

    /** Marsaglia and Tsang, "A simple method for generating gamma variables", ACM TOMS 26(3), 2000. */
    private static double gamma(double shape, SplittableRandom random) {
        if (shape < 1) {
            return gamma(shape + 1, random) * Math.pow(1 - random.nextDouble(), 1 / shape);
        }
        double d = shape - 1.0 / 3;
        double c = 1 / Math.sqrt(9 * d);
        while (true) {
            double x = random.nextGaussian();
            double v = 1 + c * x;
            if (v > 0) {
                v = v * v * v;
                if (Math.log(1 - random.nextDouble()) < 0.5 * x * x + d - d * v + d * Math.log(v)) {
                    return d * v;
                }
            }
        }
    }
}
