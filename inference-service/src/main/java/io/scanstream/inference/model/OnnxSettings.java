package io.scanstream.inference.model;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How models run.
 *
 * @param threads of one run, on the CPU; 0: as measured, or without measuring one for each core
 * @param maxBatch most scans in one run
 * @param maxBatchBytes most bytes of input in one run, and of the maps that a segmenter gives; a single scan is always allowed
 * @param tuning how long a model is measured before it serves, to find its threads and batch sizes; zero: not at all
 * @param precision what models multiply in
 * @param spins whether the threads of a run on the CPU wait busily for each other: faster where they have cores of their own
 * @param tensorRtEngines where TensorRT keeps what it has built; absent: TensorRT is not used
 */
public record OnnxSettings(
        Device device,
        int threads,
        int maxBatch,
        long maxBatchBytes,
        Duration tuning,
        Precision precision,
        boolean spins,
        @Nullable Path tensorRtEngines) {

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

    /** What models multiply in. What they take and give is the same. */
    public enum Precision {
        FLOAT32("float32"),
        /** float16 on a GPU, where that holds by the golden scores; float32 on the CPU, which is no faster with less. */
        FLOAT16("float16"),
        /** float16 on the CPU too, slowly: to see what it would change. */
        FLOAT16_ALWAYS("float16-always");

        private final String text;

        Precision(String text) {
            this.text = text;
        }

        /** Reads {@code float32}, {@code float16} or {@code float16-always}. */
        public static Precision of(String text) {
            for (Precision precision : values()) {
                if (precision.text.equals(text)) {
                    return precision;
                }
            }
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST,
                    "scanstream.inference.precision: '" + text + "' is none of float32, float16, float16-always.");
        }

        @Override
        public String toString() {
            return text;
        }
    }

    /** In float32, without TensorRT. */
    public OnnxSettings(Device device, int threads, int maxBatch, long maxBatchBytes, Duration tuning) {
        this(device, threads, maxBatch, maxBatchBytes, tuning, Precision.FLOAT32, null);
    }

    /** With threads that wait quietly. */
    public OnnxSettings(
            Device device,
            int threads,
            int maxBatch,
            long maxBatchBytes,
            Duration tuning,
            Precision precision,
            @Nullable Path tensorRtEngines) {
        this(device, threads, maxBatch, maxBatchBytes, tuning, precision, false, tensorRtEngines);
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
