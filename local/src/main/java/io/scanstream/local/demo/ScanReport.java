package io.scanstream.local.demo;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;

/** What came back, for people. */
interface ScanReport {
    void print(PrintStream out);

    /** Writes every scan as CSV. */
    void writeCsv(Path file) throws IOException;

    /** A value that may have commas. */
    static String quoted(String value) {
        return '"' + value.replace("\"", "\"\"") + '"';
    }
}
