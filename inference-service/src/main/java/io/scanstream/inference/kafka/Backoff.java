package io.scanstream.inference.kafka;

import java.time.Duration;

/** How long to wait for something that is down: twice as long each time, 200 ms to 10 s. */
public final class Backoff {
    private static final Duration FIRST = Duration.ofMillis(200);
    private static final Duration LONGEST = Duration.ofSeconds(10);

    private Duration next = FIRST;

    /** The next pause. */
    public Duration next() {
        Duration now = next;
        Duration doubled = now.multipliedBy(2);
        next = doubled.compareTo(LONGEST) > 0 ? LONGEST : doubled;
        return now;
    }

    /** It answers again. */
    public void reset() {
        next = FIRST;
    }
}
