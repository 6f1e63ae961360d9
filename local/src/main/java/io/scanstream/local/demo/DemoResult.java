package io.scanstream.local.demo;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import java.util.List;

/** The demo's last line on stdout. */
@JsonPropertyOrder({
    "model",
    "version",
    "classes",
    "testImages",
    "testAccuracy",
    "macroF1",
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
        double testAccuracy,
        double macroF1,
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
