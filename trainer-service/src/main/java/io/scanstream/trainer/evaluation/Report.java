package io.scanstream.trainer.evaluation;

import io.scanstream.contracts.model.Metrics;
import io.scanstream.contracts.model.ModelCard;
import io.scanstream.trainer.training.EpochRecord;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The page of a package for people: figures, confusion matrix, curves; one file without scripts. */
final class Report {
    private static final int PLOT_WIDTH = 420;
    private static final int PLOT_HEIGHT = 200;
    private static final int MARGIN = 40;

    static String html(ModelCard card, List<EpochRecord> history) {
        StringBuilder html = new StringBuilder();
        String title = escape(card.name() + " " + card.version());
        html.append("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>")
                .append(title)
                .append("</title>\n<style>body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;"
                        + "padding:0 1rem;color:#222}table{border-collapse:collapse;margin:1rem 0}td,th{border:1px solid"
                        + " #ccc;padding:.25rem .6rem;text-align:right}th:first-child,td:first-child{text-align:left}"
                        + "svg{margin-right:1rem}.note{color:#666}</style></head>\n<body><h1>")
                .append(title)
                .append("</h1>\n<p>")
                .append(escape(card.recipe().about()))
                .append("</p>\n<p class=\"note\">")
                .append(escape(card.intendedUse()))
                .append("</p>\n");
        facts(html, card);
        card.metrics().forEach((split, metrics) -> split(html, split, metrics, card.classes()));
        html.append("<h2>Training</h2>\n");
        plot(html, "loss", history, EpochRecord::trainLoss, "train", EpochRecord::validationLoss, "validation");
        plot(html, "validation accuracy", history, EpochRecord::validationAccuracy, "accuracy", null, "");
        return html.append("\n</body></html>\n").toString();
    }

    private static void facts(StringBuilder html, ModelCard card) {
        html.append("<table>\n");
        row(html, "recipe", card.recipe().name() + ", seed " + card.seed());
        row(html, "classes", String.join(", ", card.classes()));
        row(
                html,
                "images",
                card.images().entrySet().stream()
                        .map(split -> split.getValue() + " " + split.getKey())
                        .collect(Collectors.joining(", ")));
        row(
                html,
                "input",
                card.preprocessing().widthPx() + " × " + card.preprocessing().heightPx() + ", "
                        + card.preprocessing().channels() + " channels");
        row(html, "trained numbers", String.format(Locale.ROOT, "%,d", card.parameters()));
        row(
                html,
                "best epoch",
                card.bestEpoch() + " of " + card.recipe().training().epochs());
        row(html, "largest difference to the native network", String.format(Locale.ROOT, "%.2e", card.parityMaxAbs()));
        for (Map.Entry<String, String> version : card.versions().entrySet()) {
            row(html, version.getKey(), version.getValue());
        }
        html.append("</table>\n");
    }

    private static void split(StringBuilder html, String split, Metrics metrics, List<String> classes) {
        html.append("<h2>")
                .append(escape(split))
                .append(", ")
                .append(metrics.images())
                .append(" images</h2>\n<table>\n");
        row(html, "accuracy", figure(metrics.accuracy()));
        row(html, "macro F1", figure(metrics.macroF1()));
        row(html, "log loss", figure(metrics.logLoss()));
        if (metrics.rocAuc() != null) {
            row(html, "ROC AUC", figure(metrics.rocAuc()));
        }
        html.append(
                "</table>\n<table><tr><th>class</th><th>images</th><th>precision</th><th>recall</th><th>F1</th></tr>\n");
        for (Metrics.PerClass one : metrics.perClass()) {
            html.append("<tr><td>")
                    .append(escape(one.label()))
                    .append("</td><td>")
                    .append(one.images());
            for (double value : List.of(one.precision(), one.recall(), one.f1())) {
                html.append("</td><td>").append(figure(value));
            }
            html.append("</td></tr>\n");
        }
        html.append("</table>\n<table><tr><th>true \\ decided</th>");
        classes.forEach(name -> html.append("<th>").append(escape(name)).append("</th>"));
        html.append("</tr>\n");
        for (int k = 0; k < classes.size(); k++) {
            html.append("<tr><td>").append(escape(classes.get(k))).append("</td>");
            metrics.confusion()
                    .get(k)
                    .forEach(count -> html.append("<td>").append(count).append("</td>"));
            html.append("</tr>\n");
        }
        html.append("</table>\n");
    }

    private static void plot(
            StringBuilder html,
            String title,
            List<EpochRecord> history,
            ToDoubleFunction<EpochRecord> first,
            String firstName,
            @Nullable ToDoubleFunction<EpochRecord> second,
            String secondName) {
        double top = history.stream()
                .mapToDouble(first)
                .filter(Double::isFinite)
                .max()
                .orElse(1);
        if (second != null) {
            top = Math.max(
                    top,
                    history.stream()
                            .mapToDouble(second)
                            .filter(Double::isFinite)
                            .max()
                            .orElse(1));
        }
        html.append(String.format(
                Locale.ROOT,
                "<svg width=\"%d\" height=\"%d\" role=\"img\" aria-label=\"%s by epoch\" font-size=\"12\">",
                PLOT_WIDTH + 2 * MARGIN,
                PLOT_HEIGHT + 2 * MARGIN,
                title));
        html.append(String.format(
                Locale.ROOT,
                "<path d=\"M%1$d %1$dV%2$dH%3$d\" fill=\"none\" stroke=\"#999\"/><text x=\"%1$d\" y=\"20\">%4$s by"
                        + " epoch</text><text x=\"2\" y=\"%5$d\">%6$.3f</text><text x=\"2\" y=\"%2$d\">0</text>",
                MARGIN,
                MARGIN + PLOT_HEIGHT,
                MARGIN + PLOT_WIDTH,
                title,
                MARGIN + 5,
                top));
        line(html, history, first, top, "#1565c0", firstName, 0);
        if (second != null) {
            line(html, history, second, top, "#c62828", secondName, 1);
        }
        html.append("</svg>\n");
    }

    private static void line(
            StringBuilder html,
            List<EpochRecord> history,
            ToDoubleFunction<EpochRecord> value,
            double top,
            String colour,
            String name,
            int row) {
        StringBuilder points = new StringBuilder();
        for (EpochRecord epoch : history) {
            double height = value.applyAsDouble(epoch) / Math.max(1e-12, top);
            if (Double.isFinite(height)) {
                double along = history.size() == 1 ? 0.5 : (epoch.epoch() - 1.0) / (history.size() - 1);
                points.append(String.format(
                        Locale.ROOT, "%.1f,%.1f ", MARGIN + along * PLOT_WIDTH, MARGIN + PLOT_HEIGHT * (1 - height)));
            }
        }
        html.append(String.format(
                Locale.ROOT,
                "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"1.5\"/><text x=\"%d\" y=\"%d\""
                        + " fill=\"%s\">%s</text>",
                points.toString().trim(),
                colour,
                MARGIN + PLOT_WIDTH - 80,
                MARGIN + 15 + 16 * row,
                colour,
                name));
    }

    private static void row(StringBuilder html, String name, String value) {
        html.append("<tr><td>")
                .append(escape(name))
                .append("</td><td>")
                .append(escape(value))
                .append("</td></tr>\n");
    }

    private static String figure(double value) {
        return String.format(Locale.ROOT, "%.4f", value);
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }

    private Report() {}
}
