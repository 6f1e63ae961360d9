package io.scanstream.contracts.api;

import io.scanstream.contracts.scoring.ScanId;
import io.scanstream.contracts.scoring.ScoreEvent;
import org.jspecify.annotations.Nullable;

/**
 * A scan: the answer to {@code POST /scans} (202 while {@code PENDING}, 200 with a score or rejection that came within
 * {@code Prefer: wait=…}) and to {@code GET /scans/{id}}.
 *
 * @param result absent while {@code PENDING}
 */
public record ScanView(
        ScanId id, ScanStatus status, @Nullable ScoreEvent result) {
    public static ScanView pending(ScanId id) {
        return new ScanView(id, ScanStatus.PENDING, null);
    }

    public static ScanView of(ScoreEvent result) {
        ScanStatus status = result instanceof ScoreEvent.ScanScored ? ScanStatus.SCORED : ScanStatus.REJECTED;
        return new ScanView(result.scanId(), status, result);
    }
}
