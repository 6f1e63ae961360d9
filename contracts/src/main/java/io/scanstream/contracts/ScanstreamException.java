package io.scanstream.contracts;

import org.jspecify.annotations.Nullable;

/**
 * The one exception of the project. Its message says what was expected, what came, where, and what to do; its code says
 * whether trying again can help.
 */
public class ScanstreamException extends RuntimeException {
    private final ErrorCode code;

    public ScanstreamException(ErrorCode code, String message) {
        this(code, message, null);
    }

    public ScanstreamException(ErrorCode code, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.code = code;
    }

    public ErrorCode code() {
        return code;
    }
}
