package io.scanstream.trainer.ingest;

import io.scanstream.contracts.dataset.Likeness;
import io.scanstream.contracts.dataset.Split;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * An image of an upload, decoded once.
 *
 * @param path in the upload
 * @param sha256 of its bytes, in hex
 * @param greyValues which of the 256 grey values it has; absent for an image in colour
 * @param told what a file that holds many images says of this one; absent for a file of its own
 */
record Found(
        String path,
        String sha256,
        long sizeBytes,
        int widthPx,
        int heightPx,
        @Nullable GreyValues greyValues,
        @Nullable Likeness likeness,
        @Nullable Told told) {

    /**
     * Split and label of an image in an array file.
     *
     * @param label absent if there is none
     */
    record Told(Split split, @Nullable String label) {}

    /** A set of grey values, 0 to 255. */
    record GreyValues(BitSet set) {
        static @Nullable GreyValues of(byte[] pixels, int channels) {
            BitSet set = new BitSet(256);
            for (int i = 0; i < pixels.length; i += channels) {
                if (channels == 3 && (pixels[i] != pixels[i + 1] || pixels[i] != pixels[i + 2])) {
                    return null;
                }
                set.set(pixels[i] & 0xff);
            }
            return new GreyValues(set);
        }
    }

    /** The file's name without folders. */
    String name() {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    /** The file's name without folders and without what follows its last dot. */
    String stem() {
        return stemOf(name());
    }

    static String stemOf(String name) {
        int dot = name.lastIndexOf('.');
        return dot <= 0 ? name : name.substring(0, dot);
    }
}
