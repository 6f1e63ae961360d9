package io.scanstream.inference.model;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import java.time.Duration;

/**
 * How models run.
 *
 * @param threads of one run, on the CPU; 0: as measured, or without measuring one for each core
 * @param maxBatch most scans in one run
 * @param maxBatchBytes most bytes of input in one run, and of the maps that a segmenter gives; a single scan is always allowed
 * @param tuning how long a model is measured before it serves, to find its threads and batch sizes; zero: not at all
 */
public record OnnxSettings(Device device, int threads, int maxBatch, long maxBatchBytes, Duration tuning) {

    /** Where models run. */
    public enum Device {
        /** CUDA where it works, else the CPU. */
        AUTO,
        CPU,
        /** CUDA, or a refusal to start. */
        CUDA;

        /** Reads {@code auto}, {@code cpu} or {@code cuda}. */
        public static Device of(String name) {
            for (Device device : values()) {
                if (device.name().equalsIgnoreCase(name)) {
                    return device;
                }
            }
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST, "scanstream.device: '" + name + "' is none of auto, cpu, cuda.");
        }
    }

    public OnnxSettings {
        if (threads < 0 || maxBatch < 1 || maxBatchBytes < 1 || tuning.isNegative()) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST,
                    "scanstream.inference: threads " + threads + " or tuning " + tuning
                            + " is below 0, or maxBatch " + maxBatch + " or maxBatchBytes " + maxBatchBytes
                            + " below 1.");
        }
    }

    /** Up to 32 scans or 64 MiB in a run, all cores, nothing measured. */
    public static OnnxSettings defaults(Device device) {
        return new OnnxSettings(device, 0, 32, 64L << 20, Duration.ZERO);
    }
}
