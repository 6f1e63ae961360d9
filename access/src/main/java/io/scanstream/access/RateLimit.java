package io.scanstream.access;

import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * So many requests a second for each caller, and so much of that at once: a token bucket, kept as the time at which it would
 * be full again (the generic cell rate algorithm of ITU-T I.371). Thread-safe.
 */
public final class RateLimit {
    private static final long SECOND_NANOS = Duration.ofSeconds(1).toNanos();

    /** Above it the callers who have used nothing lately are forgotten, which changes nothing for them. */
    private static final int MOST_CALLERS = 10_000;

    private final long intervalNanos;
    private final long burstNanos;
    private final LongSupplier clock;
    private final ConcurrentHashMap<String, AtomicLong> fullAt = new ConcurrentHashMap<>();

    /**
     * A limit.
     *
     * @param perSecond requests, above 0
     * @param burst how long a caller may have saved up for; one request is always allowed
     * @param clock nanoseconds, as {@link System#nanoTime}
     */
    public RateLimit(double perSecond, Duration burst, LongSupplier clock) {
        if (!(perSecond > 0)) {
            throw new IllegalArgumentException("perSecond " + perSecond + " is not above 0");
        }
        this.intervalNanos = Math.max(1, Math.round(SECOND_NANOS / perSecond));
        this.burstNanos = Math.max(intervalNanos, burst.toNanos());
        this.clock = clock;
    }

    /**
     * Takes one request's place.
     *
     * @return zero if there was one; else how long until there will be
     */
    public Duration take(String caller) {
        long now = clock.getAsLong();
        if (fullAt.size() > MOST_CALLERS) {
            fullAt.values().removeIf(full -> full.get() - now <= 0);
        }
        AtomicLong full = fullAt.computeIfAbsent(caller, name -> new AtomicLong(now));
        while (true) {
            long before = full.get();
            long start = before - now > 0 ? before : now;
            long wait = start + intervalNanos - now - burstNanos;
            if (wait > 0) {
                return Duration.ofNanos(wait);
            }
            if (full.compareAndSet(before, start + intervalNanos)) {
                return Duration.ZERO;
            }
        }
    }

    /** How many callers are remembered. */
    int callers() {
        return fullAt.size();
    }
}
