package io.scanstream.local.demo;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The demo's last line on stdout.
 *
 * @param testAccuracy of the scans that came back, as is {@code macroF1}; absent for a segmenter
 * @param dice a segmenter's on the test split, from its card
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonPropertyOrder({
    "model",
    "version",
    "classes",
    "testImages",
    "testAccuracy",
    "macroF1",
    "dice",
    "scansSent",
    "scansScored",
    "scansRejected",
    "seconds"
})
public record DemoResult(
        String model,
        String version,
        List<String> classes,
        int testImages,
        @Nullable Double testAccuracy,
        @Nullable Double macroF1,
        @Nullable Double dice,
        int scansSent,
        int scansScored,
        int scansRejected,
        double seconds) {
    public DemoResult {
        classes = List.copyOf(classes);
    }

    /** Whether every scan that was sent has come back. */
    public boolean complete() {
        return scansSent == scansScored + scansRejected;
    }
}
