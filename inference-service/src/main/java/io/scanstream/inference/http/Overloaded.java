package io.scanstream.inference.http;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;

/** {@code OVERLOADED}, with when to come again. */
final class Overloaded extends ScanstreamException {
    private static final long serialVersionUID = 1;

    private final int retrySeconds;

    /**
     * A refusal.
     *
     * @param retrySeconds until what waits now should have been scored, at least 1
     */
    Overloaded(String why, int retrySeconds) {
        super(
                ErrorCode.OVERLOADED,
                why + " Try again in " + (retrySeconds == 1 ? "a second." : retrySeconds + " seconds."));
        this.retrySeconds = retrySeconds;
    }

    int retrySeconds() {
        return retrySeconds;
    }
}
