package io.scanstream.inference.scoring;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import java.time.Duration;

/**
 * How scans are gathered.
 *
 * @param decodeThreads how many scans are decoded at once
 * @param latencyBudget how long a decoded scan waits at most for others to join its batch
 * @param waitingBytes most bytes of decoded and resized scans that wait for the model
 */
public record ScorerSettings(int decodeThreads, Duration latencyBudget, long waitingBytes) {
    public ScorerSettings {
        if (decodeThreads < 1 || latencyBudget.isNegative() || waitingBytes < 1) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST,
                    "scanstream.inference: decodeThreads " + decodeThreads + " or waitingBytes " + waitingBytes
                            + " is below 1, or the latency budget " + latencyBudget + " below 0.");
        }
    }

    /** As many decoders as cores, 5 ms, 128 MiB. */
    public static ScorerSettings defaults() {
        return new ScorerSettings(Runtime.getRuntime().availableProcessors(), Duration.ofMillis(5), 128L << 20);
    }
}
