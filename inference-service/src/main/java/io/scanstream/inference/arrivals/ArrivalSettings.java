package io.scanstream.inference.arrivals;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import java.time.Duration;

/**
 * How arrivals are found.
 *
 * @param layout where they lie
 * @param every between two looks of the reconciler
 * @param pages most pages of 1000 objects that one look lists below each prefix
 * @param mostEnqueued most scans that one look enqueues from each prefix
 * @param mostWaiting while as many scans wait to be scored, the reconciler enqueues none
 */
public record ArrivalSettings(IncomingLayout layout, Duration every, int pages, int mostEnqueued, int mostWaiting) {
    public ArrivalSettings {
        if (every.isNegative() || pages < 1 || mostEnqueued < 1 || mostWaiting < 1) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST,
                    "scanstream.arrivals: every " + every + " is negative, or pages " + pages + ", mostEnqueued "
                            + mostEnqueued + " or mostWaiting " + mostWaiting + " is below 1.");
        }
    }
}
