package io.scanstream.inference.model;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.LongSupplier;

/**
 * How much memory the versions that are loaded may take together, and how that is found out. What a version takes is
 * counted as {@link #estimate} before it is loaded; afterwards as what the process grew by while it was opened and run at
 * its largest batch, where that is more.
 *
 * @param limitBytes 0: no limit. A version that is larger by itself is loaded all the same, alone
 * @param pins what does not leave for others
 * @param nativeBytes what this process takes outside of Java's heap; differences count, and 0 always where nobody knows
 */
public record ModelMemory(long limitBytes, Pins pins, LongSupplier nativeBytes) {
    /** What ONNX Runtime takes for a session with small maps: its own structures, its threads and its arena. */
    private static final long SESSION_BYTES = 16L << 20;

    /** Of the memory that the machine or the container has. Java's heap takes another quarter at most. */
    private static final double DEFAULT_SHARE = 0.4;

    private static final Path STATUS = Path.of("/proc/self/status");

    public ModelMemory {
        if (limitBytes < 0) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST,
                    "scanstream.inference.models-bytes: " + limitBytes + " is below 0. 0 is no limit.");
        }
    }

    /** No limit, and nothing that has to stay. */
    public static ModelMemory unlimited() {
        return new ModelMemory(0, Pins.none(), ModelMemory::ofThisProcess);
    }

    /** Two fifths of the memory that this machine or container has, in bytes. */
    public static long defaultLimit() {
        var system = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        return (long) (system.getTotalMemorySize() * DEFAULT_SHARE);
    }

    /**
     * What a version will take: its weights twice, as ONNX Runtime keeps them beside copies in the order that its kernels
     * want, and 16 MiB.
     *
     * @param onnxBytes size of the model file, nearly all of it weights
     */
    static long estimate(long onnxBytes) {
        return 2 * onnxBytes + SESSION_BYTES;
    }

    boolean isLimited() {
        return limitBytes > 0;
    }

    /** Resident memory that is no file's, less the heap, as Linux tells it; 0 elsewhere. */
    public static long ofThisProcess() {
        if (!Files.isReadable(STATUS)) {
            return 0;
        }
        try {
            return Files.readAllLines(STATUS).stream()
                    .filter(line -> line.startsWith("RssAnon:"))
                    .map(line -> line.replaceAll("\\D", ""))
                    .mapToLong(kibibytes -> (Long.parseLong(kibibytes) << 10)
                            - Runtime.getRuntime().totalMemory())
                    .findFirst()
                    .orElse(0);
        } catch (IOException e) {
            // As where nobody knows: the estimate holds.
            return 0;
        }
    }
}
