package io.scanstream.trainer.data;

import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * Images of one step with what is to be learned of them: labels, labels mixed of two, or masks. Closing gives the memory
 * back for the next batch.
 */
public final class Batch implements AutoCloseable {
    private final ByteBuffer pixels;
    private final @Nullable ByteBuffer masks;
    private final Size imageSize;
    private final long[] labels;
    private final @Nullable Mixed mixed;
    private final Queue<ByteBuffer> spare;

    /**
     * Second labels, where mixup or cutmix has made one image of two. The loss of image {@code i} is {@code weights[i] ·
     * loss(labels[i]) + (1 − weights[i]) · loss(this.labels[i])}; an image that was left alone has the weight 1.
     *
     * @param labels class index of the other image, {@code [size]}
     * @param weights of the batch's own labels, 0 to 1, {@code [size]}; the papers' lambda
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    public record Mixed(long[] labels, float[] weights) {}

    /** Of the images, in pixels. */
    record Size(int widthPx, int heightPx) {}

    Batch(
            ByteBuffer pixels,
            @Nullable ByteBuffer masks,
            Size imageSize,
            long[] labels,
            @Nullable Mixed mixed,
            Queue<ByteBuffer> spare) {
        this.pixels = pixels;
        this.masks = masks;
        this.imageSize = imageSize;
        this.labels = labels;
        this.mixed = mixed;
        this.spare = spare;
    }

    /** Direct memory, uint8 {@code [size, height, width, channels]}, from position 0 to the limit. */
    public ByteBuffer pixels() {
        return pixels;
    }

    /**
     * The class index of every pixel where the data has masks: direct memory, uint8 {@code [size, height, width]}, from
     * position 0 to the limit.
     */
    public Optional<ByteBuffer> masks() {
        return Optional.ofNullable(masks);
    }

    /** Class indices, {@code [size]}; {@link Sample#NO_LABEL} for images that have none. */
    public long[] labels() {
        return labels;
    }

    /** What the labels are mixed with, where the recipe mixes images; on batches of training only. */
    public Optional<Mixed> mixed() {
        return Optional.ofNullable(mixed);
    }

    /** Width of the images in pixels: the network's input, or what a recipe's crop for training leaves of it. */
    public int widthPx() {
        return imageSize.widthPx();
    }

    /** Height of the images in pixels. */
    public int heightPx() {
        return imageSize.heightPx();
    }

    /** Images in the batch. */
    public int size() {
        return labels.length;
    }

    @Override
    public void close() {
        spare.add(pixels);
        if (masks != null) {
            spare.add(masks);
        }
    }
}
