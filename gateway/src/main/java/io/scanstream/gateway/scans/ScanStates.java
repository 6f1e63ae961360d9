package io.scanstream.gateway.scans;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.TimeOrderedId;
import io.scanstream.contracts.api.ScanView;
import io.scanstream.contracts.scoring.ScanId;
import io.scanstream.contracts.scoring.ScoreEvent;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** What is known of a scan, by its id alone, on any replica. */
public final class ScanStates {
    private final ScoreWindow window;
    private final ScanIds ids;
    private final Duration retention;

    /**
     * States out of a window.
     *
     * @param retention of the topics: older scans are forgotten by everyone
     */
    public ScanStates(ScoreWindow window, ScanIds ids, Duration retention) {
        this.window = window;
        this.ids = ids;
        this.retention = retention;
    }

    /**
     * The scan's state.
     *
     * @throws ScanstreamException {@code SCAN_FORGOTTEN} for an id from before the window, {@code UNKNOWN_SCAN} for one that
     *     nobody made
     */
    ScanView get(ScanId id) {
        Optional<ScoreEvent> score = window.find(id);
        if (score.isPresent()) {
            return ScanView.of(score.get());
        }
        if (id.value().version() != 7) {
            throw unknown(id);
        }
        Instant time = TimeOrderedId.timeOf(id.value());
        if (!time.isAfter(window.horizon()) || time.isBefore(Instant.now().minus(retention))) {
            throw new ScanstreamException(
                    ErrorCode.SCAN_FORGOTTEN,
                    "Scan " + id + " is from " + time + "; scans of that time are not remembered any more.");
        }
        if (!ids.made(id)) {
            throw unknown(id);
        }
        return ScanView.pending(id);
    }

    private static ScanstreamException unknown(ScanId id) {
        return new ScanstreamException(ErrorCode.UNKNOWN_SCAN, "There is no scan " + id + ".");
    }
}
