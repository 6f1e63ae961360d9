package io.scanstream.trainer.data;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.model.Preprocessing;
import io.scanstream.contracts.recipe.Augmentation;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** Changes training images at random, as a recipe asks: uint8 {@code [height, width, channels]} in and out. */
public final class Augmenter {
    private final List<Augmentation> steps;
    private final Optional<Mixing> mixing;
    private final int width;
    private final int height;
    private final int channels;

    public Augmenter(List<Augmentation> steps, Preprocessing preprocessing) {
        this.steps = steps.stream()
                .filter(step -> !(step instanceof Augmentation.Mixup || step instanceof Augmentation.Cutmix))
                .toList();
        this.mixing = Mixing.of(steps, preprocessing);
        this.width = preprocessing.widthPx();
        this.height = preprocessing.heightPx();
        this.channels = preprocessing.channels();
    }

    /**
     * An image and what is to be learned of it.
     *
     * @param image uint8 {@code [height, width, channels]}
     * @param mask uint8 {@code [height, width]}, class indices, if the data has them
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Pair(byte[] image, byte @Nullable [] mask) {}

    /** What is done to a whole batch, after its images. */
    Optional<Mixing> mixing() {
        return mixing;
    }

    /** Applies the steps in order; the pixels that come in are left as they are. */
    Pair apply(Pair pair, SplittableRandom random) {
        if (pair.mask() != null && !steps.isEmpty()) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_RECIPE, "recipe.augmentation: images with masks are not augmented yet.");
        }
        return new Pair(apply(pair.image(), random), pair.mask());
    }

    byte[] apply(byte[] pixels, SplittableRandom random) {
        byte[] changed = pixels;
        for (Augmentation step : steps) {
            changed = apply(step, changed, random);
        }
        return changed;
    }

    private byte[] apply(Augmentation step, byte[] pixels, SplittableRandom random) {
        if (step instanceof Augmentation.HorizontalFlip flip) {
            return random.nextDouble() < flip.probability() ? remap(pixels, true, false, false) : pixels;
        }
        if (step instanceof Augmentation.VerticalFlip flip) {
            return random.nextDouble() < flip.probability() ? remap(pixels, false, true, false) : pixels;
        }
        if (step instanceof Augmentation.QuarterTurns) {
            return quarterTurns(pixels, random.nextInt(4));
        }
        if (step instanceof Augmentation.Rotation rotation) {
            return rotate(pixels, Math.toRadians(between(random, -rotation.degrees(), rotation.degrees())));
        }
        if (step instanceof Augmentation.RandomCrop crop) {
            int reach = 2 * crop.paddingPx() + 1;
            return shift(pixels, random.nextInt(reach) - crop.paddingPx(), random.nextInt(reach) - crop.paddingPx());
        }
        if (step instanceof Augmentation.RandomResizedCrop crop) {
            return resizedCrop(pixels, crop, random);
        }
        if (step instanceof Augmentation.BrightnessContrast change) {
            return brightnessContrast(
                    pixels,
                    between(random, 1 - change.brightness(), 1 + change.brightness()),
                    between(random, 1 - change.contrast(), 1 + change.contrast()));
        }
        throw new IllegalStateException("no way to apply " + step);
    }

    /** The quarter turns are flips of the image or of its transpose: no pixel changes its value. */
    private byte[] quarterTurns(byte[] pixels, int turns) {
        return switch (turns) {
            case 1 -> remap(pixels, true, false, true);
            case 2 -> remap(pixels, true, true, false);
            case 3 -> remap(pixels, false, true, true);
            default -> pixels;
        };
    }

    /** Takes pixel (x, y) from the mirrored place, of the transposed image (a square one) if asked. */
    private byte[] remap(byte[] pixels, boolean mirrorX, boolean mirrorY, boolean transpose) {
        byte[] out = new byte[pixels.length];
        int to = 0;
        for (int y = 0; y < height; y++) {
            int fromY = mirrorY ? height - 1 - y : y;
            for (int x = 0; x < width; x++) {
                int fromX = mirrorX ? width - 1 - x : x;
                int from = (transpose ? fromX * width + fromY : fromY * width + fromX) * channels;
                for (int channel = 0; channel < channels; channel++) {
                    out[to++] = pixels[from + channel];
                }
            }
        }
        return out;
    }

    private byte[] rotate(byte[] pixels, double radians) {
        double cos = Math.cos(radians);
        double sin = Math.sin(radians);
        double middleX = (width - 1) / 2.0;
        double middleY = (height - 1) / 2.0;
        return resample(
                pixels,
                cos,
                sin,
                middleX - cos * middleX - sin * middleY,
                -sin,
                cos,
                middleY + sin * middleX - cos * middleY);
    }

    private byte[] shift(byte[] pixels, int dx, int dy) {
        byte[] out = new byte[pixels.length];
        int to = 0;
        for (int y = 0; y < height; y++) {
            int row = mirrored(y + dy, height) * width;
            for (int x = 0; x < width; x++) {
                int from = (row + mirrored(x + dx, width)) * channels;
                for (int channel = 0; channel < channels; channel++) {
                    out[to++] = pixels[from + channel];
                }
            }
        }
        return out;
    }

    /** The choice of the part is torchvision's: ten tries of area and ratio, else the whole image. */
    private byte[] resizedCrop(byte[] pixels, Augmentation.RandomResizedCrop crop, SplittableRandom random) {
        double logRatio = Math.log(crop.minRatio());
        for (int attempt = 0; attempt < 10; attempt++) {
            double area = (double) width * height * between(random, crop.minScale(), crop.maxScale());
            double ratio = Math.exp(between(random, logRatio, -logRatio));
            int partWidth = (int) Math.round(Math.sqrt(area * ratio));
            int partHeight = (int) Math.round(Math.sqrt(area / ratio));
            if (partWidth >= 1 && partWidth <= width && partHeight >= 1 && partHeight <= height) {
                int left = random.nextInt(width - partWidth + 1);
                int top = random.nextInt(height - partHeight + 1);
                double scaleX = (double) partWidth / width;
                double scaleY = (double) partHeight / height;
                return resample(pixels, scaleX, 0, left + 0.5 * scaleX - 0.5, 0, scaleY, top + 0.5 * scaleY - 0.5);
            }
        }
        return pixels;
    }

    /** Bilinear: pixel (x, y) is taken from (ax·x + bx·y + cx, ay·x + by·y + cy), beyond the edge from its mirror. */
    private byte[] resample(byte[] pixels, double ax, double bx, double cx, double ay, double by, double cy) {
        byte[] out = new byte[pixels.length];
        int to = 0;
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                double fromX = ax * x + bx * y + cx;
                double fromY = ay * x + by * y + cy;
                int left = (int) Math.floor(fromX);
                int top = (int) Math.floor(fromY);
                float shareX = (float) (fromX - left);
                float shareY = (float) (fromY - top);
                int x0 = mirrored(left, width) * channels;
                int x1 = mirrored(left + 1, width) * channels;
                int row0 = mirrored(top, height) * width * channels;
                int row1 = mirrored(top + 1, height) * width * channels;
                for (int channel = 0; channel < channels; channel++) {
                    float upper = mix(pixels[row0 + x0 + channel], pixels[row0 + x1 + channel], shareX);
                    float lower = mix(pixels[row1 + x0 + channel], pixels[row1 + x1 + channel], shareX);
                    out[to++] = (byte) (int) (upper + (lower - upper) * shareY + 0.5f);
                }
            }
        }
        return out;
    }

    private static float mix(byte a, byte b, float share) {
        int low = a & 0xFF;
        return low + ((b & 0xFF) - low) * share;
    }

    /** An index beyond the edge, mirrored about the edge pixel ({@code reflect}: the edge itself is not repeated). */
    private static int mirrored(int index, int size) {
        if (index >= 0 && index < size) {
            return index;
        }
        if (size == 1) {
            return 0;
        }
        int period = 2 * (size - 1);
        int folded = Math.floorMod(index, period);
        return folded < size ? folded : period - folded;
    }

    private byte[] brightnessContrast(byte[] pixels, double brightness, double contrast) {
        long sum = 0;
        for (byte pixel : pixels) {
            sum += pixel & 0xFF;
        }
        double mean = brightness * sum / pixels.length;
        byte[] table = new byte[256];
        for (int value = 0; value < 256; value++) {
            double changed = (value * brightness - mean) * contrast + mean;
            table[value] = (byte) Math.max(0, Math.min(255, Math.round(changed)));
        }
        byte[] out = new byte[pixels.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = table[pixels[i] & 0xFF];
        }
        return out;
    }

    private static double between(SplittableRandom random, double low, double high) {
        return low + (high - low) * random.nextDouble();
    }
}
