package io.scanstream.trainer.network;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import org.jspecify.annotations.Nullable;

/** Defaults and ranges of layer fields. */
final class Fields {

    static <T> T or(@Nullable T value, T otherwise) {
        return value == null ? otherwise : value;
    }

    static void atLeast(String field, int value, int least) {
        if (value < least) {
            throw new ScanstreamException(ErrorCode.INVALID_RECIPE, field + ": " + value + " is below " + least + ".");
        }
    }

    private Fields() {}
}
