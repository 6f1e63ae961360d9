package io.scanstream.inference.scoring;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import java.util.concurrent.CancellationException;

/** What scans fail with. */
final class Failures {

    private Failures() {}

    /**
     * What callers are told: what says by itself why, as it is; anything else as {@code INTERNAL}, with its cause.
     *
     * @param stage what failed, such as {@code decoding failed}
     */
    static Throwable ofScan(String stage, Throwable reason) {
        return reason instanceof ScanstreamException || reason instanceof CancellationException
                ? reason
                : new ScanstreamException(ErrorCode.INTERNAL, stage + ": " + reason, reason);
    }
}
