package io.scanstream.inference;

import java.time.Duration;

/**
 * Bounds how long the process takes to end, whatever hangs meanwhile: a run in native code that nothing can end, a hook, a
 * broker that does not answer. What was not committed is scored by whoever gets its partitions next.
 */
final class LastResort {
    private static final int CUT_OFF = 1;

    /** From the first moment of the end on, by SIGTERM or otherwise, there is so much time; then the process is cut off. */
    static void endWithin(Duration bound) {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> watch(bound), "last-resort"));
    }

    private static void watch(Duration bound) {
        Thread watch = new Thread(() -> cutOffAfter(bound), "cut-off");
        watch.setDaemon(true);
        watch.start();
    }

    private static void cutOffAfter(Duration bound) {
        try {
            Thread.sleep(bound.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        // Not through the log, which may have ended already.
        System.err.println("The service has not ended within " + bound.toSeconds()
                + " s and is cut off. Scans that were not committed are scored again.");
        Runtime.getRuntime().halt(CUT_OFF);
    }

    private LastResort() {}
}
