package io.scanstream.inference.kafka;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.errors.InterruptException;

/**
 * Lets many scans be scored side by side, or one alone with no other from Kafka in this process. Who waits to be alone is not
 * overtaken.
 */
final class Solitude {
    private static final int ALL = Integer.MAX_VALUE;

    private final Semaphore places = new Semaphore(ALL, true);
    private volatile boolean alone;

    /** Whether somebody is alone. */
    boolean isAlone() {
        return alone;
    }

    /** A place beside others, given back with {@link #leave}; false if somebody is or waits to be alone all that time. */
    boolean join(Duration within) {
        return acquire(1, within);
    }

    void leave() {
        places.release();
    }

    /** The whole place, given back with {@link #endAlone}; false if others were still there after that time. */
    boolean beAlone(Duration within) {
        alone = acquire(ALL, within);
        return alone;
    }

    void endAlone() {
        alone = false;
        places.release(ALL);
    }

    private boolean acquire(int wanted, Duration within) {
        try {
            return places.tryAcquire(wanted, within.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }
}
