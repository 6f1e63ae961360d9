package io.scanstream.inference.scoring;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import java.time.Duration;

/**
 * How scans are gathered.
 *
 * @param cores that runs may occupy together
 * @param decodeThreads how many scans are decoded at once
 * @param latencyBudget how long a decoded scan waits at most for others to join its batch
 * @param waitingBytes most bytes of decoded and resized scans that wait for the model, a quarter of them of urgent scans
 *     alone
 */
public record ScorerSettings(int cores, int decodeThreads, Duration latencyBudget, long waitingBytes) {
    public ScorerSettings {
        if (cores < 1 || decodeThreads < 1 || latencyBudget.isNegative() || waitingBytes < 1) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST,
                    "scanstream.inference: cores " + cores + ", decodeThreads " + decodeThreads + " or waitingBytes "
                            + waitingBytes + " is below 1, or the latency budget " + latencyBudget + " below 0.");
        }
    }

    /** As many decoders as cores, 5 ms, 128 MiB. */
    public static ScorerSettings defaults() {
        int cores = Runtime.getRuntime().availableProcessors();
        return new ScorerSettings(cores, cores, Duration.ofMillis(5), 128L << 20);
    }
}
