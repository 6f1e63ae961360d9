package io.scanstream.imaging;

import java.util.List;

/**
 * What a codec found: pixels as stored, and how they are to be turned.
 *
 * @param orientation 1 to 8, see {@link Orientation}
 * @param warnings one sentence each
 */
record Decoded(Pixels pixels, int orientation, List<String> warnings) {
    Decoded {
        warnings = List.copyOf(warnings);
    }
}
