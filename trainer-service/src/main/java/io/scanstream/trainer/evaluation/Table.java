package io.scanstream.trainer.evaluation;

import java.util.List;
import java.util.Locale;

/** Lines of comma-separated values (RFC 4180), as spreadsheets read them. */
final class Table {
    private final StringBuilder lines = new StringBuilder();

    Table(List<String> columns) {
        add(columns);
    }

    void add(List<String> values) {
        for (int i = 0; i < values.size(); i++) {
            lines.append(i == 0 ? "" : ",").append(quoted(values.get(i)));
        }
        lines.append('\n');
    }

    /** Six digits after the point. */
    static String number(double value) {
        return String.format(Locale.ROOT, "%.6f", value);
    }

    String text() {
        return lines.toString();
    }

    private static String quoted(String value) {
        boolean plain = value.chars().noneMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r');
        return plain ? value : '"' + value.replace("\"", "\"\"") + '"';
    }
}
