package io.scanstream.bench.results;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The results as Markdown: a line a recipe, all seeds shown. */
final class Table {
    private static final String HEAD = """
            | recipe | data | figure | seeds | mean | report | bar | seconds | |
            |---|---|---|---|---|---|---|---|---|
            """;

    private final StringBuilder lines = new StringBuilder(HEAD);

    /**
     * Adds a line.
     *
     * @param ended the last lines of {@code train} of the seeds that are done, in the seeds' order
     */
    void add(Plan.Row row, List<JsonNode> ended) {
        List<String> cells = new ArrayList<>();
        List<Double> figures = ended.stream()
                .map(line -> line.path("test").path(row.figure()))
                .filter(JsonNode::isNumber)
                .map(JsonNode::asDouble)
                .toList();
        double mean =
                figures.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN);
        boolean complete = figures.size() == row.seeds().size();
        cells.add(row.recipe());
        cells.add(row.data());
        cells.add(row.figure());
        cells.add(
                row.withoutItsWeights()
                        ? ""
                        : figures.stream().map(Table::figure).collect(Collectors.joining(", ")));
        if (figures.isEmpty()) {
            cells.add("not run");
        } else if (row.withoutItsWeights()) {
            cells.add("no weights here: runs, no figure");
        } else {
            cells.add(figure(mean) + (complete ? "" : " (not all)"));
        }
        cells.add(row.reported() == null ? "" : row.reported());
        cells.add(bar(row, complete ? mean : Double.NaN));
        cells.add(ended.stream()
                .map(line -> Long.toString(Math.round(line.path("seconds").asDouble())))
                .collect(Collectors.joining(", ")));
        cells.add(row.note() == null ? "" : row.note());
        lines.append("| ").append(String.join(" | ", cells)).append(" |\n");
    }

    private static String bar(Plan.Row row, double mean) {
        if (row.bar() == null) {
            return "";
        }
        String verdict = Double.isNaN(mean) ? "" : mean >= row.bar() ? " reached" : " **missed**";
        return "≥ " + figure(row.bar()) + verdict;
    }

    private static String figure(double value) {
        return String.format(Locale.ROOT, "%.4f", value).replaceFirst("^0", "");
    }

    String markdown() {
        return lines.toString();
    }
}
