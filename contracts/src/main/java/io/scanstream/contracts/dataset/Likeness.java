package io.scanstream.contracts.dataset;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;

/**
 * What an image looks like in 144 bits, written as 36 hex digits: the signs of the 12 × 12 lowest frequencies of its grey
 * values (a perceptual hash over the discrete cosine transform, after Zauner, "Implementation and Benchmarking of Perceptual
 * Image Hash Functions", 2010). Row by row; the first bit stands for the mean and is 0.
 */
public record Likeness(@JsonValue String hex) {
    /** Digits of the hash. */
    public static final int DIGITS = 36;

    @JsonCreator
    public Likeness {
        if (!hex.matches("[0-9a-f]{" + DIGITS + "}")) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST, "likeness: '" + hex + "' is not " + DIGITS + " hex digits.");
        }
    }
}
