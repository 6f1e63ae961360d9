package io.scanstream.inference.kafka;

import java.time.Duration;
import org.apache.kafka.common.errors.InterruptException;

/** Says that the service ends, and until when what is in hand may take. */
final class StopSignal {
    private volatile long untilNanos;
    private volatile boolean stopping;

    /** Asks to end; asked again, the time of the first call holds. */
    synchronized void stopWithin(Duration drain) {
        if (stopping) {
            return;
        }
        untilNanos = System.nanoTime() + drain.toNanos();
        stopping = true;
    }

    /** Sleeps, not on after the service is asked to end. */
    void sleep(Duration pause) {
        long until = System.nanoTime() + pause.toNanos();
        try {
            while (!stopping && System.nanoTime() - until < 0) {
                Thread.sleep(20);
            }
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    boolean isStopping() {
        return stopping;
    }

    /** Whether even what is in hand must be left. */
    boolean isOver() {
        return stopping && System.nanoTime() - untilNanos > 0;
    }
}
