package io.scanstream.trainer.ingest;

import java.util.ArrayList;
import java.util.List;

/**
 * The arrays of one upload. All of them are in memory until the last file has been read, as images and labels may lie in
 * different files; so what counts is what they take together. For many threads, one of which reads at a time.
 */
final class HeldArrays {
    private final List<NumberArray> arrays = new ArrayList<>();
    private long bytesLeft;

    HeldArrays(long mostBytes) {
        this.bytesLeft = mostBytes;
    }

    /** As many as fit into a third of the heap: while a file is read, its bytes are there two or three times. */
    static HeldArrays inAThirdOfTheHeap() {
        return new HeldArrays(Runtime.getRuntime().maxMemory() / 3);
    }

    /** Reads a file's arrays and holds them; throws as {@link NumberArray#read} does, and holds none of them then. */
    synchronized void read(String path, byte[] file) {
        List<NumberArray> read = NumberArray.read(path, file, bytesLeft);
        for (NumberArray array : read) {
            bytesLeft -= array.data().length;
        }
        arrays.addAll(read);
    }

    synchronized List<NumberArray> all() {
        return List.copyOf(arrays);
    }
}
