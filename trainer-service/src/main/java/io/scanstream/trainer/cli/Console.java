package io.scanstream.trainer.cli;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * Lines for people. On a terminal a status line is rewritten in place; elsewhere it is left out, and only lines that stay
 * are written.
 */
final class Console {
    private static final String CLEAR_LINE = "\r\u001b[K";

    private final PrintStream out;
    private final boolean terminal;

    Console(PrintStream out, boolean terminal) {
        this.out = out;
        this.terminal = terminal;
    }

    /**
     * Standard error. Whether it is a terminal the launcher says in {@code SCANSTREAM_TERMINAL}: it can see it, the JDK
     * only tells of standard input and output.
     */
    static Console standardError() {
        return new Console(
                new PrintStream(System.err, true, StandardCharsets.UTF_8),
                System.getenv("SCANSTREAM_TERMINAL") != null);
    }

    boolean isTerminal() {
        return terminal;
    }

    /** Writes a line that stays. */
    void line(String text) {
        out.println((terminal ? CLEAR_LINE : "") + text);
    }

    /** Rewrites the status line, on a terminal. */
    void status(String text) {
        if (terminal) {
            out.print(CLEAR_LINE + text);
            out.flush();
        }
    }
}
