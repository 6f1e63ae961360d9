package io.scanstream.contracts;

import java.io.IOException;
import java.time.Duration;

/**
 * Ends this process when the one that started it is gone, however it went. The launcher holds the other end of our
 * standard input and never writes to it: the operating system closes it when the launcher dies, even by SIGKILL, and
 * reading then comes to the end. The process ends as by SIGTERM, its shutdown hooks run; if they hang, it is cut off.
 *
 * <p>A watched process also leaves SIGINT and SIGHUP to the launcher: a terminal sends them to all processes at once, and
 * then broker and store would be gone before the services have stopped.
 */
public final class ParentWatch {
    /** The environment variable that asks for the watch, with the value {@code stdin}. */
    public static final String VARIABLE = "SCANSTREAM_PARENT_WATCH";

    public static final String STDIN = "stdin";

    /** As long as the launcher gives a service that it stops. */
    private static final Duration STOP_WITHIN = Duration.ofSeconds(30);

    /** Starts the watch if the environment asks for it; elsewhere, in a cluster for instance, does nothing. */
    public static void startIfAsked() {
        if (!STDIN.equals(System.getenv(VARIABLE))) {
            return;
        }
        ignore("INT");
        ignore("HUP");
        daemon("parent-watch", ParentWatch::exitAtEndOfInput);
    }

    private static void exitAtEndOfInput() {
        try {
            while (System.in.read() >= 0) {
                // Nothing is expected: whatever came is dropped.
            }
        } catch (IOException e) {
            System.err.println("parent-watch: standard input failed, ending: " + e.getMessage());
        }
        daemon("parent-watch-halt", ParentWatch::haltIfHooksHang);
        System.exit(0);
    }

    private static void haltIfHooksHang() {
        try {
            Thread.sleep(STOP_WITHIN.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Runtime.getRuntime().halt(1);
    }

    /** By reflection, because the compiler warns of {@code sun.misc} and can not be told not to. */
    private static void ignore(String signalName) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            signal.getMethod("handle", signal, handler)
                    .invoke(
                            null,
                            signal.getConstructor(String.class).newInstance(signalName),
                            handler.getField("SIG_IGN").get(null));
        } catch (ReflectiveOperationException e) {
            // Windows knows no HUP, and a JVM may lack the module: then Ctrl-C stops all at once.
            System.err.println("parent-watch: cannot leave " + signalName + " to the launcher: " + e);
        }
    }

    private static void daemon(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
    }

    private ParentWatch() {}
}
