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

    /** Standard error; a terminal if the launcher says so ({@code -Dscanstream.terminal=true}) or the JDK sees one. */
    static Console standardError() {
        boolean terminal = Boolean.getBoolean("scanstream.terminal")
                || (System.getProperty("scanstream.terminal") == null
                        && System.console() != null
                        && System.getenv("TERM") != null);
        return new Console(new PrintStream(System.err, true, StandardCharsets.UTF_8), terminal);
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
