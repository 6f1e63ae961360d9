package io.scanstream.trainer.training;

import java.time.Duration;

/**
 * Asks a training to stop. It is asked before every step, from the training's thread, and has to answer at once; a
 * training that stops leaves a checkpoint first.
 */
@FunctionalInterface
public interface StopSignal {
    boolean requested();

    /** Never stops. */
    static StopSignal never() {
        return () -> false;
    }

    /** Stops when the time is over, counted from now. */
    static StopSignal after(Duration time) {
        long end = System.nanoTime() + time.toNanos();
        return () -> System.nanoTime() - end >= 0;
    }

    /** Stops when either asks for it. */
    default StopSignal or(StopSignal other) {
        return () -> requested() || other.requested();
    }
}
