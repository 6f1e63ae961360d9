package io.scanstream.inference.kafka;

import java.time.Duration;

/** Says that the service ends, and until when what is in hand may take. */
final class StopSignal {
    private volatile long untilNanos;
    private volatile boolean stopping;

    void stopWithin(Duration drain) {
        untilNanos = System.nanoTime() + drain.toNanos();
        stopping = true;
    }

    boolean isStopping() {
        return stopping;
    }

    /** Whether even what is in hand must be left. */
    boolean isOver() {
        return stopping && System.nanoTime() - untilNanos > 0;
    }
}
