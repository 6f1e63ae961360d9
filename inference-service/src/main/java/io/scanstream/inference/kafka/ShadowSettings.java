package io.scanstream.inference.kafka;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;

/**
 * How much shadows may take on.
 *
 * @param inFlight most scans that wait for their shadow's score, or for that to be written
 * @param bytes most bytes of those scans as they came; a scan that is larger by itself is not shadowed
 */
public record ShadowSettings(int inFlight, long bytes) {
    public ShadowSettings {
        if (inFlight < 1 || bytes < 1) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST,
                    "scanstream.inference.shadow: in-flight " + inFlight + " or bytes " + bytes + " is below 1.");
        }
    }
}
