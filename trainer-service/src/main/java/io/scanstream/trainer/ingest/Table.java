package io.scanstream.trainer.ingest;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A CSV file of an upload (RFC 4180; comma, semicolon or tab, whichever the first line has; UTF-8). Columns are found by their
 * usual names.
 *
 * @param path in the upload
 * @param columns names in the first line, in their order
 * @param rows cells by column
 */
record Table(String path, List<String> columns, List<Map<String, String>> rows) {
    /** What a column says of an image. */
    enum Role {
        IMAGE("id|image|image_id|imageid|file|filename|file_name|path|isic_id|name"),
        LABEL("label|class|target|diagnosis|dx|category"),
        SPLIT("split|set|partition|subset"),
        SUBJECT("subject|subject_id|patient|patient_id|patientid"),
        GROUP("group|group_id|lesion|lesion_id|case|case_id"),
        VALUE("value|mask_value");

        private final String names;

        Role(String names) {
            this.names = names;
        }
    }

    /**
     * Reads a file.
     *
     * @throws ScanstreamException {@code INVALID_DATASET} naming the line whose number of cells is another than the first's
     */
    static Table read(String path, byte[] csv) {
        String text = new String(csv, StandardCharsets.UTF_8);
        if (text.startsWith("\uFEFF")) {
            text = text.substring(1);
        }
        List<List<String>> lines = lines(text, separator(text));
        if (lines.isEmpty()) {
            return new Table(path, List.of(), List.of());
        }
        List<String> columns = lines.get(0);
        List<Map<String, String>> rows = new ArrayList<>();
        for (int i = 1; i < lines.size(); i++) {
            List<String> cells = lines.get(i);
            if (cells.size() != columns.size()) {
                throw new ScanstreamException(
                        ErrorCode.INVALID_DATASET,
                        path + ", row " + (i + 1) + ": " + cells.size() + " cells, the first row has " + columns.size()
                                + ". Quote cells that hold a separator.");
            }
            Map<String, String> row = new LinkedHashMap<>();
            for (int c = 0; c < cells.size(); c++) {
                row.put(columns.get(c), cells.get(c));
            }
            rows.add(row);
        }
        return new Table(path, columns, rows);
    }

    private static char separator(String text) {
        String first = text.lines().findFirst().orElse("");
        for (char candidate : new char[] {',', ';', '\t'}) {
            if (first.indexOf(candidate) >= 0) {
                return candidate;
            }
        }
        return ',';
    }

    private static List<List<String>> lines(String text, char separator) {
        List<List<String>> lines = new ArrayList<>();
        List<String> cells = new ArrayList<>();
        StringBuilder cell = new StringBuilder();
        boolean quoted = false;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (quoted) {
                if (c != '"') {
                    cell.append(c);
                } else if (i + 1 < text.length() && text.charAt(i + 1) == '"') {
                    cell.append('"');
                    i++;
                } else {
                    quoted = false;
                }
            } else if (c == '"' && cell.toString().isBlank()) {
                cell.setLength(0);
                quoted = true;
            } else if (c == separator) {
                cells.add(cell.toString().strip());
                cell.setLength(0);
            } else if (c == '\n') {
                end(lines, cells, cell);
                cells = new ArrayList<>();
            } else {
                cell.append(c);
            }
        }
        end(lines, cells, cell);
        return lines;
    }

    private static void end(List<List<String>> lines, List<String> cells, StringBuilder cell) {
        cells.add(cell.toString().strip());
        cell.setLength(0);
        boolean empty = cells.size() == 1 && cells.get(0).isEmpty();
        if (!empty) {
            lines.add(cells);
        }
    }

    /** The first column of a role. */
    Optional<String> column(Role role) {
        return columns.stream()
                .filter(name -> name.toLowerCase(Locale.ROOT).matches(role.names))
                .findFirst();
    }

    /** Whether it gives labels to images. What is to be handed in somewhere has made-up ones. */
    boolean labelsImages() {
        return column(Role.IMAGE).isPresent() && column(Role.LABEL).isPresent() && !isSubmission();
    }

    boolean isSubmission() {
        return fileName().toLowerCase(Locale.ROOT).contains("submission");
    }

    String fileName() {
        return path.substring(path.lastIndexOf('/') + 1);
    }
}
