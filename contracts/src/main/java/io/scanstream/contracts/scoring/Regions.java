package io.scanstream.contracts.scoring;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where a segmenter sees which class, at the size of its input and in the frame that its preprocessing cuts out of the scan.
 *
 * @param shares of the pixels that are decided for each class, in the model's class order; they add up to 1
 * @param mask a PNG in Base64 (RFC 4648), 8 bit grey, whose values are indices into the classes' order; absent where it
 *     would have more than {@link #MOST_MASK_CHARS}, which only noise does
 */
public record Regions(
        Map<String, Double> shares,
        int widthPx,
        int heightPx,
        @Nullable String mask) {
    /** A mask of more would crowd a record that may have 1 MiB. A mask of 512 by 512 with smooth borders takes a 20th. */
    public static final int MOST_MASK_CHARS = 256 << 10;

    public Regions {
        shares = Collections.unmodifiableMap(new LinkedHashMap<>(shares));
    }
}
