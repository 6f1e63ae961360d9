package io.scanstream.trainer.data;

import io.scanstream.contracts.model.Preprocessing;
import io.scanstream.contracts.recipe.Augmentation;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Changes training images at random, as a recipe asks. Steps that move pixels are gathered and done in one resampling when
 * another kind of step, or the end, follows. Immutable; safe for use by many threads.
 */
public final class Augmenter {
    private static final int CROP_TRIES = 10;

    private final List<Augmentation> steps;
    private final Optional<Mixing> mixing;
    private final int width;
    private final int height;
    private final int channels;
    private final int outWidth;
    private final int outHeight;

    /**
     * An image and what is to be learned of it.
     *
     * @param image uint8 {@code [height, width, channels]}
     * @param mask uint8 {@code [height, width]}, class indices, if the data has them
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Pair(byte[] image, byte @Nullable [] mask) {}

    public Augmenter(List<Augmentation> steps, Preprocessing preprocessing) {
        this.steps = steps.stream()
                .filter(step -> !(step instanceof Augmentation.Mixup || step instanceof Augmentation.Cutmix))
                .toList();
        this.width = preprocessing.widthPx();
        this.height = preprocessing.heightPx();
        this.channels = preprocessing.channels();
        int lastWidth = width;
        int lastHeight = height;
        for (Augmentation step : steps) {
            if (step instanceof Augmentation.RandomCrop crop && crop.sizePx() > 0) {
                lastWidth = crop.sizePx();
                lastHeight = crop.sizePx();
            }
        }
        this.outWidth = lastWidth;
        this.outHeight = lastHeight;
        this.mixing = Mixing.of(steps, outWidth, outHeight, channels);
    }

    /** Width of the changed images in pixels: the network's input, unless the recipe crops. */
    int widthPx() {
        return outWidth;
    }

    /** Height of the changed images in pixels: the network's input, unless the recipe crops. */
    int heightPx() {
        return outHeight;
    }

    /** What is done to a whole batch, after its images. */
    Optional<Mixing> mixing() {
        return mixing;
    }

    /** Applies the steps in order; what comes in is left as it is. */
    Pair apply(Pair pair, SplittableRandom random) {
        Scene scene = new Scene(pair);
        for (Augmentation step : steps) {
            Optional<Warp> warp = warp(step, scene.pending.outWidth(), scene.pending.outHeight(), random);
            if (warp.isPresent()) {
                scene.pending = scene.pending.then(warp.get());
            } else {
                scene.settle();
                scene.image = changed(step, scene, random);
            }
        }
        scene.settle();
        return new Pair(scene.image, scene.mask);
    }

    /** A pair on its way, with the moves that are not done yet. */
    private final class Scene {
        private byte[] image;
        private byte @Nullable [] mask;
        private int sceneWidth = width;
        private int sceneHeight = height;
        private Warp pending = Warp.none(width, height);

        Scene(Pair pair) {
            image = pair.image();
            mask = pair.mask();
        }

        void settle() {
            image = pending.image(image, sceneWidth, sceneHeight, channels);
            if (mask != null) {
                mask = pending.mask(mask, sceneWidth, sceneHeight);
            }
            sceneWidth = pending.outWidth();
            sceneHeight = pending.outHeight();
            pending = Warp.none(sceneWidth, sceneHeight);
        }
    }

    /** The move that a step draws; empty for steps that move nothing. */
    private static Optional<Warp> warp(Augmentation step, int width, int height, SplittableRandom random) {
        if (step instanceof Augmentation.HorizontalFlip flip) {
            return Optional.of(
                    happens(flip.probability(), random) ? Warp.mirroredX(width, height) : Warp.none(width, height));
        }
        if (step instanceof Augmentation.VerticalFlip flip) {
            return Optional.of(
                    happens(flip.probability(), random) ? Warp.mirroredY(width, height) : Warp.none(width, height));
        }
        if (step instanceof Augmentation.QuarterTurns turns) {
            return Optional.of(
                    happens(turns.probability(), random)
                            ? Warp.quarterTurns(1 + random.nextInt(3), width)
                            : Warp.none(width, height));
        }
        if (step instanceof Augmentation.Rotation rotation) {
            double radians = Math.toRadians(around(0, rotation.degrees(), random));
            return Optional.of(Warp.affine(radians, 1, 0, 0, 0, width, height, rotation.fill()));
        }
        if (step instanceof Augmentation.Affine affine) {
            return Optional.of(Warp.affine(
                    Math.toRadians(around(0, affine.degrees(), random)),
                    between(affine.minZoom(), affine.maxZoom(), random),
                    Math.toRadians(around(0, affine.shear(), random)),
                    around(0, affine.shiftX(), random) * width,
                    around(0, affine.shiftY(), random) * height,
                    width,
                    height,
                    affine.fill()));
        }
        if (step instanceof Augmentation.RandomCrop crop) {
            int partWidth = crop.sizePx() == 0 ? width : crop.sizePx();
            int partHeight = crop.sizePx() == 0 ? height : crop.sizePx();
            int left = random.nextInt(width + 2 * crop.paddingPx() - partWidth + 1) - crop.paddingPx();
            int top = random.nextInt(height + 2 * crop.paddingPx() - partHeight + 1) - crop.paddingPx();
            return Optional.of(Warp.part(left, top, partWidth, partHeight));
        }
        if (step instanceof Augmentation.RandomResizedCrop crop) {
            return Optional.of(resizedCrop(crop, width, height, random));
        }
        return Optional.empty();
    }

    /** The choice of the part is torchvision's: ten tries of area and ratio, else the whole image. */
    private static Warp resizedCrop(
            Augmentation.RandomResizedCrop crop, int width, int height, SplittableRandom random) {
        double logRatio = Math.log(crop.minRatio());
        for (int attempt = 0; attempt < CROP_TRIES; attempt++) {
            double area = (double) width * height * between(crop.minScale(), crop.maxScale(), random);
            double ratio = Math.exp(between(logRatio, -logRatio, random));
            int partWidth = (int) Math.round(Math.sqrt(area * ratio));
            int partHeight = (int) Math.round(Math.sqrt(area / ratio));
            if (partWidth >= 1 && partWidth <= width && partHeight >= 1 && partHeight <= height) {
                int left = random.nextInt(width - partWidth + 1);
                int top = random.nextInt(height - partHeight + 1);
                return Warp.stretched(left, top, partWidth, partHeight, width, height);
            }
        }
        return Warp.none(width, height);
    }

    private byte[] changed(Augmentation step, Scene scene, SplittableRandom random) {
        byte[] pixels = scene.image;
        if (step instanceof Augmentation.BrightnessContrast change) {
            return brightnessContrast(
                    pixels, around(1, change.brightness(), random), around(1, change.contrast(), random));
        }
        if (step instanceof Augmentation.ColorJitter jitter) {
            return jittered(pixels, jitter, random);
        }
        if (step instanceof Augmentation.ChannelShift shift) {
            double[] levels = new double[channels];
            for (int c = 0; c < channels; c++) {
                levels[c] = 255 * around(0, shift.range(), random);
            }
            return Colours.shifted(pixels, levels);
        }
        if (step instanceof Augmentation.GaussianBlur blur) {
            boolean happens = happens(blur.probability(), random);
            double sigma = between(blur.minSigma(), blur.maxSigma(), random);
            return happens
                    ? Blur.gaussian(
                            pixels,
                            scene.sceneWidth,
                            scene.sceneHeight,
                            channels,
                            blur.kernelWidthPx(),
                            blur.kernelHeightPx(),
                            sigma)
                    : pixels;
        }
        if (step instanceof Augmentation.Cutout cutout) {
            return happens(cutout.probability(), random)
                    ? cutOut(pixels, cutout, scene.sceneWidth, scene.sceneHeight, random)
                    : pixels;
        }
        throw new IllegalStateException("no way to apply " + step);
    }

    private static byte[] brightnessContrast(byte[] pixels, double brightness, double contrast) {
        long sum = 0;
        for (byte pixel : pixels) {
            sum += pixel & 0xFF;
        }
        double mean = brightness * sum / pixels.length;
        byte[] table = new byte[256];
        for (int value = 0; value < 256; value++) {
            table[value] = (byte) Colours.clipped(Math.round((value * brightness - mean) * contrast + mean));
        }
        return Colours.mapped(pixels, table);
    }

    /** The four changes in an order of their own for each image, each drawn whether it is asked for or not. */
    private byte[] jittered(byte[] pixels, Augmentation.ColorJitter jitter, SplittableRandom random) {
        int[] order = {0, 1, 2, 3};
        for (int i = 3; i > 0; i--) {
            int j = random.nextInt(i + 1);
            int swapped = order[i];
            order[i] = order[j];
            order[j] = swapped;
        }
        byte[] changed = pixels;
        for (int kind : order) {
            double range =
                    switch (kind) {
                        case 0 -> jitter.brightness();
                        case 1 -> jitter.contrast();
                        case 2 -> jitter.saturation();
                        default -> jitter.hue();
                    };
            double draw = kind == 3 ? around(0, range, random) : between(Math.max(0, 1 - range), 1 + range, random);
            if (range == 0 || (kind >= 2 && channels == 1)) {
                continue;
            }
            changed = switch (kind) {
                case 0 -> Colours.brightness(changed, draw);
                case 1 -> Colours.contrast(changed, channels, draw);
                case 2 -> Colours.saturation(changed, draw);
                default -> Colours.hue(changed, draw);
            };
        }
        return changed;
    }

    private byte[] cutOut(
            byte[] pixels, Augmentation.Cutout cutout, int sceneWidth, int sceneHeight, SplittableRandom random) {
        byte[] mean = mean(pixels);
        byte[] out = pixels.clone();
        int side = (int) Math.max(1, Math.round(cutout.side() * Math.min(sceneWidth, sceneHeight)));
        for (int square = 0; square < cutout.count(); square++) {
            int left = random.nextInt(sceneWidth) - side / 2;
            int top = random.nextInt(sceneHeight) - side / 2;
            for (int y = Math.max(0, top); y < Math.min(sceneHeight, top + side); y++) {
                for (int x = Math.max(0, left); x < Math.min(sceneWidth, left + side); x++) {
                    System.arraycopy(mean, 0, out, (y * sceneWidth + x) * channels, channels);
                }
            }
        }
        return out;
    }

    private byte[] mean(byte[] pixels) {
        long[] sums = new long[channels];
        for (int i = 0; i < pixels.length; i++) {
            sums[i % channels] += pixels[i] & 0xff;
        }
        byte[] mean = new byte[channels];
        for (int c = 0; c < channels; c++) {
            mean[c] = (byte) Math.round((double) sums[c] * channels / pixels.length);
        }
        return mean;
    }

    private static boolean happens(double probability, SplittableRandom random) {
        return random.nextDouble() < probability;
    }

    private static double around(double middle, double reach, SplittableRandom random) {
        return between(middle - reach, middle + reach, random);
    }

    private static double between(double low, double high, SplittableRandom random) {
        return low + (high - low) * random.nextDouble();
    }
}
