package io.scanstream.inference.http.v2;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;

/** What a request is refused with, and how a client's text is shown in it. */
final class Refusals {
    private static final int MOST_SHOWN = 60;

    static ScanstreamException invalid(String message) {
        return new ScanstreamException(ErrorCode.INVALID_REQUEST, message);
    }

    static ScanstreamException invalid(String message, Throwable cause) {
        return new ScanstreamException(ErrorCode.INVALID_REQUEST, message, cause);
    }

    static String shown(String text) {
        return "'" + (text.length() > MOST_SHOWN ? text.substring(0, MOST_SHOWN) + "…" : text) + "'";
    }

    private Refusals() {}
}
