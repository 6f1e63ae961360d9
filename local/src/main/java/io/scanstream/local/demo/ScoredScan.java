package io.scanstream.local.demo;

import io.scanstream.contracts.scoring.ScoreEvent;
import org.jspecify.annotations.Nullable;

/**
 * A test scan that came back.
 *
 * @param file relative to the data folder
 * @param truth the class that its label means; absent where it has a mask instead
 */
record ScoredScan(String file, @Nullable String truth, ScoreEvent result) {
    boolean right() {
        return result instanceof ScoreEvent.ScanScored scored
                && scored.decision().equals(truth);
    }
}
