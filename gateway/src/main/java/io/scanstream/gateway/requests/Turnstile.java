package io.scanstream.gateway.requests;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Lets so many requests at a time do what takes memory: each stream to the store holds a part of it, up to some 16 MiB.
 */
public final class Turnstile {
    private final Semaphore places;
    private final Duration patience;
    private final String what;

    /**
     * A turnstile.
     *
     * @param places requests that may pass at a time
     * @param patience how long the next one waits for a place
     * @param what for the message, such as {@code uploads}
     */
    public Turnstile(int places, Duration patience, String what) {
        this.places = new Semaphore(places, true);
        this.patience = patience;
        this.what = what;
    }

    /**
     * Runs the work once there is a place.
     *
     * @throws ScanstreamException {@code OVERLOADED} if there was none in time
     */
    public <T> T pass(Supplier<T> work) {
        try {
            if (!places.tryAcquire(patience.toMillis(), TimeUnit.MILLISECONDS)) {
                throw overloaded();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw overloaded();
        }
        try {
            return work.get();
        } finally {
            places.release();
        }
    }

    private ScanstreamException overloaded() {
        return new ScanstreamException(ErrorCode.OVERLOADED, "too many " + what + " at a time.");
    }
}
