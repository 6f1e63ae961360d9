package io.scanstream.trainer.training;

import java.time.Duration;

/** Counts images against the clock between progress messages. */
final class Pace {
    private final long everyNanos;
    private long lapStart = System.nanoTime();
    private long windowStart = lapStart;
    private long windowImages;

    Pace(Duration every) {
        this.everyNanos = every.toNanos();
    }

    /** Counts a step's images; returns the seconds since the step before. */
    double lap(int images) {
        long now = System.nanoTime();
        double seconds = (now - lapStart) / 1e9;
        lapStart = now;
        windowImages += images;
        return seconds;
    }

    boolean reportIsDue() {
        return lapStart - windowStart >= everyNanos;
    }

    /** Since the call before, or the start. */
    double imagesPerSecond() {
        double rate = windowImages / Math.max(1e-9, (lapStart - windowStart) / 1e9);
        windowStart = lapStart;
        windowImages = 0;
        return rate;
    }
}
