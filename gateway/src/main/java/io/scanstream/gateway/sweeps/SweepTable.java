package io.scanstream.gateway.sweeps;

import io.scanstream.contracts.api.SweepView;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The comparison of a sweep as a page without scripts. */
final class SweepTable {
    private static final List<String> ALWAYS = List.of("validationLoss", "validationAccuracy");

    static String html(SweepView sweep) {
        List<String> figures = figures(sweep);
        StringBuilder html = new StringBuilder(
                        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>")
                .append("Sweep ")
                .append(sweep.id())
                .append("</title>\n<style>body{font:15px/1.5 system-ui,sans-serif;margin:2rem}table{border-collapse:"
                        + "collapse}td,th{border:1px solid #ccc;padding:.25rem .6rem;text-align:right}td:first-child,"
                        + "th:first-child{text-align:left}</style></head>\n<body><h1>Sweep of ")
                .append(escape(sweep.model()))
                .append("</h1>\n<p>Compared by ")
                .append(escape(sweep.metric()))
                .append(", the best first; ")
                .append(sweep.running())
                .append(" trainings have not ended.</p>\n<table><tr><th>settings</th>");
        figures.forEach(name -> html.append("<th>").append(escape(name)).append("</th>"));
        html.append("<th>spread</th><th>each</th><th>trainings</th></tr>\n");
        for (SweepView.Candidate candidate : sweep.candidates()) {
            html.append("<tr><td>")
                    .append(escape(SweepDesk.settings(candidate)))
                    .append("</td>");
            figures.forEach(name -> html.append("<td>")
                    .append(figure(candidate.figures().get(name)))
                    .append("</td>"));
            html.append("<td>")
                    .append(spread(candidate, sweep.metric()))
                    .append("</td><td>")
                    .append(candidate.runs().stream()
                            .map(run -> link(run, sweep.metric()))
                            .collect(Collectors.joining(" ")))
                    .append("</td><td>")
                    .append(candidate.runs().stream()
                            .map(run -> run.status().name())
                            .collect(Collectors.groupingBy(name -> name, TreeMap::new, Collectors.counting()))
                            .entrySet()
                            .stream()
                            .map(status -> status.getValue() + " " + status.getKey())
                            .collect(Collectors.joining(", ")))
                    .append("</td></tr>\n");
        }
        return html.append("</table></body></html>\n").toString();
    }

    private static List<String> figures(SweepView sweep) {
        return ALWAYS.contains(sweep.metric())
                ? ALWAYS
                : List.of(sweep.metric(), "validationLoss", "validationAccuracy");
    }

    /** The standard deviation over the folds of what they are compared by; folds of one data set are not independent. */
    private static String spread(SweepView.Candidate candidate, String metric) {
        double[] values = candidate.runs().stream()
                .map(run -> run.figures().get(metric))
                .filter(Objects::nonNull)
                .mapToDouble(Double::doubleValue)
                .toArray();
        if (values.length < 2) {
            return figure(null);
        }
        double mean = Arrays.stream(values).average().orElseThrow();
        double squares =
                Arrays.stream(values).map(value -> Math.pow(value - mean, 2)).sum();
        return "± " + figure(Math.sqrt(squares / (values.length - 1)));
    }

    private static String link(SweepView.Run run, String metric) {
        return "<a href=\"/api/v1/trainings/" + run.job() + "\">"
                + figure(run.figures().get(metric)) + "</a>";
    }

    private static String figure(@Nullable Double value) {
        return value == null ? "–" : String.format(Locale.ROOT, "%.4f", value);
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }

    private SweepTable() {}
}
