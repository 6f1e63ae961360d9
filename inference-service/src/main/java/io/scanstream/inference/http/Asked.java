package io.scanstream.inference.http;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.inference.model.ModelRef;
import org.jspecify.annotations.Nullable;

/**
 * What a request asks to be scored by.
 *
 * @param isChosen whether it names a version or an alias; else rules of the model's traffic for its headers come first
 */
record Asked(ModelRef ref, boolean isChosen) {
    /** The version, else what the alias means, else the champion. */
    static Asked of(String model, @Nullable String version, @Nullable String alias) {
        return new Asked(ModelRef.of(model, version, alias), version != null || alias != null);
    }

    /**
     * As {@link #of}, of at most one of them.
     *
     * @throws ScanstreamException {@code INVALID_REQUEST} for a version and an alias, or for two versions
     */
    static Asked oneOf(String model, @Nullable String inPath, @Nullable String version, @Nullable String alias) {
        if ((inPath != null && version != null) || ((inPath != null || version != null) && alias != null)) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST,
                    "a version and an alias, or a version twice: name the one that shall answer once.");
        }
        return of(model, inPath == null ? version : inPath, alias);
    }
}
