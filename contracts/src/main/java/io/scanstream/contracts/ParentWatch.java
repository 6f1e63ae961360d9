package io.scanstream.contracts;

import java.io.IOException;

/**
 * Ends this process when the one that started it is gone, however it went. The launcher holds the other end of our
 * standard input and never writes to it: the operating system closes it when the launcher dies, even by SIGKILL, and
 * reading then comes to the end. The process ends as by SIGTERM, its shutdown hooks run.
 */
public final class ParentWatch {
    /** The environment variable that asks for the watch, with the value {@code stdin}. */
    public static final String VARIABLE = "SCANSTREAM_PARENT_WATCH";

    public static final String STDIN = "stdin";

    /** Starts the watch if the environment asks for it; elsewhere, in a cluster for instance, does nothing. */
    public static void startIfAsked() {
        if (!STDIN.equals(System.getenv(VARIABLE))) {
            return;
        }
        Thread watch = new Thread(ParentWatch::exitAtEndOfInput, "parent-watch");
        watch.setDaemon(true);
        watch.start();
    }

    private static void exitAtEndOfInput() {
        try {
            while (System.in.read() >= 0) {
                // Nothing is expected: whatever came is dropped.
            }
        } catch (IOException e) {
            System.err.println("parent-watch: standard input failed, ending: " + e.getMessage());
        }
        System.exit(0);
    }

    private ParentWatch() {}
}
