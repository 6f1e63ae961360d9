package io.scanstream.trainer.libtorch;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import java.util.Locale;

/** What to train on. */
public enum DeviceChoice {
    /** CUDA where it works, else the CPU. */
    AUTO,
    CPU,
    /** CUDA, and an error where there is none. */
    CUDA;

    /**
     * Reads {@code auto}, {@code cpu} or {@code cuda}.
     *
     * @throws ScanstreamException {@code INVALID_REQUEST} for anything else
     */
    public static DeviceChoice of(String text) {
        for (DeviceChoice choice : values()) {
            if (choice.name().equals(text.toUpperCase(Locale.ROOT))) {
                return choice;
            }
        }
        throw new ScanstreamException(
                ErrorCode.INVALID_REQUEST, "device: '" + text + "' is not one of auto, cpu, cuda.");
    }
}
