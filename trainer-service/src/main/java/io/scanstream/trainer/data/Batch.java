package io.scanstream.trainer.data;

import java.nio.ByteBuffer;
import java.util.Queue;

/**
 * Images of one step. Closing gives the memory back for the next batch.
 */
public final class Batch implements AutoCloseable {
    private final ByteBuffer pixels;
    private final long[] labels;
    private final Queue<ByteBuffer> spare;

    Batch(ByteBuffer pixels, long[] labels, Queue<ByteBuffer> spare) {
        this.pixels = pixels;
        this.labels = labels;
        this.spare = spare;
    }

    /** Direct memory, uint8 {@code [size, height, width, channels]}, from position 0 to the limit. */
    public ByteBuffer pixels() {
        return pixels;
    }

    /** Class indices, {@code [size]}. */
    public long[] labels() {
        return labels;
    }

    public int size() {
        return labels.length;
    }

    @Override
    public void close() {
        spare.add(pixels);
    }
}
