package io.scanstream.local.demo;

import io.scanstream.contracts.scoring.ScoreEvent;

/**
 * A test scan that came back.
 *
 * @param file relative to the data folder
 * @param truth the class that its folder means
 */
record ScoredScan(String file, String truth, ScoreEvent result) {
    boolean right() {
        return result instanceof ScoreEvent.ScanScored scored
                && scored.decision().equals(truth);
    }
}
