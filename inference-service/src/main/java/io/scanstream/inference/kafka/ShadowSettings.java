package io.scanstream.inference.kafka;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;

/**
 * How much shadows may take on.
 *
 * @param inFlight most scans that wait for their shadow's score, or for that to be written
 * @param bytes most bytes of those scans as they came; a scan that is larger by itself is not shadowed
 * @param maxImageBytes of one scan behind a claim ticket
 */
public record ShadowSettings(int inFlight, long bytes, long maxImageBytes) {
    public ShadowSettings {
        if (inFlight < 1 || bytes < 1 || maxImageBytes < 1) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST,
                    "scanstream.inference.shadow: in-flight " + inFlight + ", bytes " + bytes
                            + " or the largest image, " + maxImageBytes + ", is below 1.");
        }
    }
}
