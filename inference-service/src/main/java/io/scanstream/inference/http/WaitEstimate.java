package io.scanstream.inference.http;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * How long an image would wait that came now: those before it, times what each of the last ones cost. An image's cost is
 * the time that it took, divided by how many were there when it came; so it holds whatever batches and cores make of it.
 * Only images that came to a queue are looked at, since one that finds nobody before it says nothing of what a full batch
 * costs.
 */
final class WaitEstimate {
    /** The weight of the newest image in the mean: some hundred images back, one has little. */
    private static final double NEWEST = 1.0 / 32;

    /** A process that stood still learns waits that nobody should be sent away for. */
    private static final double MOST_SECONDS = 60;

    private final int unhurried;
    private final long longestNanos;
    private int waiting;
    private double nanosEach;

    /**
     * An estimate without experience, which refuses nobody.
     *
     * @param unhurried so many waiting images are never too many
     * @param longest the longest wait that is not too long
     */
    WaitEstimate(int unhurried, Duration longest) {
        this.unhurried = unhurried;
        this.longestNanos = longest.toNanos();
    }

    /**
     * An image that waits.
     *
     * @param ahead how many waited when it came
     * @param since {@link System#nanoTime}
     */
    record Place(int ahead, long since) {}

    synchronized boolean tooLong() {
        return waiting >= unhurried && waiting * nanosEach > longestNanos;
    }

    /** How long an image would wait that came now, in seconds, rounded up: 1 to 60. */
    synchronized int seconds() {
        double seconds = waiting * nanosEach / TimeUnit.SECONDS.toNanos(1);
        return (int) Math.ceil(Math.max(1, Math.min(seconds, MOST_SECONDS)));
    }

    synchronized Place enter(long now) {
        return new Place(waiting++, now);
    }

    /**
     * An image waits no more.
     *
     * @param inTurn whether it was answered, and behind those who were there before it; else it says nothing of the wait
     */
    synchronized void leave(Place place, boolean inTurn, long now) {
        waiting--;
        if (inTurn && place.ahead() >= unhurried / 2) {
            double each = (double) (now - place.since()) / (place.ahead() + 1);
            nanosEach = nanosEach == 0 ? each : nanosEach + NEWEST * (each - nanosEach);
        }
    }
}
