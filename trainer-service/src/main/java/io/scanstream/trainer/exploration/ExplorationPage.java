package io.scanstream.trainer.exploration;

import io.scanstream.contracts.dataset.Exploration;
import io.scanstream.contracts.dataset.Manifest;
import io.scanstream.trainer.evaluation.Html;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** The page of an exploration: the figures, and a grid of sample images. */
final class ExplorationPage {
    private static final int BAR_PX = 240;
    private static final int SHOWN_NEAR_DUPLICATES = 50;

    static String html(Manifest manifest, Exploration figures, List<Explorer.Sample> samples) {
        Html html = new Html("Data set " + figures.dataset());
        html.note("Images of the data set are on this page. Keep it where the images themselves may be kept.");
        counts(html, figures);
        balance(html, figures);
        facts(html, figures);
        nearDuplicates(html, manifest);
        grid(html, samples);
        return html.page();
    }

    private static void counts(Html html, Exploration figures) {
        Set<String> classes = new TreeSet<>(Manifest.CLASS_ORDER);
        figures.images().values().forEach(byClass -> classes.addAll(byClass.keySet()));
        html.heading("Images");
        List<String> heads = new ArrayList<>(List.of("split"));
        classes.forEach(label -> heads.add(label.isEmpty() ? "without label" : label));
        heads.add("in all");
        html.startTable(heads);
        figures.images().forEach((split, byClass) -> {
            List<String> row = new ArrayList<>(List.of(split));
            classes.forEach(label -> row.add(String.format(Locale.ROOT, "%,d", byClass.getOrDefault(label, 0))));
            row.add(String.format(
                    Locale.ROOT,
                    "%,d",
                    byClass.values().stream().mapToInt(Integer::intValue).sum()));
            html.row(row);
        });
        html.endTable();
    }

    private static void balance(Html html, Exploration figures) {
        html.heading("Class balance");
        html.raw("<table>\n");
        figures.share().forEach((label, share) -> html.raw("<tr><td>")
                .text(label)
                .raw("</td><td>")
                .text(String.format(Locale.ROOT, "%.1f %%", 100 * share))
                .raw("</td><td style=\"text-align:left\"><svg width=\"" + BAR_PX + "\" height=\"12\"><rect width=\""
                        + Math.round(share * BAR_PX) + "\" height=\"12\" fill=\"#4477aa\"/></svg></td></tr>\n"));
        html.endTable();
    }

    private static void facts(Html html, Exploration figures) {
        html.heading("Pixels, of " + figures.examined() + " images");
        html.startTable(List.of("size", "images"));
        figures.sizes()
                .forEach(size ->
                        html.row(List.of(size.widthPx() + " × " + size.heightPx(), Integer.toString(size.images()))));
        html.endTable();
        html.startTable(List.of("channel", "mean", "standard deviation"));
        List<String> channels = List.of("red", "green", "blue");
        for (int c = 0; c < channels.size(); c++) {
            html.row(List.of(
                    channels.get(c),
                    Html.figure(figures.mean().get(c)),
                    Html.figure(figures.std().get(c))));
        }
        html.endTable();
        html.startTable(List.of());
        html.row(List.of("duplicates left out", Integer.toString(figures.duplicates())));
        html.row(List.of("near-duplicates across splits", Integer.toString(figures.nearDuplicates())));
        html.row(List.of("groups", Integer.toString(figures.groups())));
        html.row(List.of("subjects", Integer.toString(figures.subjects())));
        html.row(List.of(
                "rejected files",
                figures.rejected().isEmpty()
                        ? "none"
                        : figures.rejected().entrySet().stream()
                                .map(code -> code.getValue() + " " + code.getKey())
                                .collect(Collectors.joining(", "))));
        html.endTable();
    }

    private static void nearDuplicates(Html html, Manifest manifest) {
        if (manifest.nearDuplicates().isEmpty()) {
            return;
        }
        html.heading("Near-duplicates across splits");
        html.startTable(List.of("image", "looks like", "bits apart"));
        manifest.nearDuplicates().stream()
                .limit(SHOWN_NEAR_DUPLICATES)
                .forEach(found -> html.row(List.of(found.path(), found.near(), Integer.toString(found.bits()))));
        html.endTable();
    }

    private static void grid(Html html, List<Explorer.Sample> samples) {
        html.heading("Samples");
        for (Explorer.Sample sample : samples) {
            html.raw("<figure>");
            image(html, sample.png());
            if (sample.maskPng() != null) {
                image(html, sample.maskPng());
            }
            html.raw("<figcaption>").text(sample.label()).raw("<br>").text(sample.path());
            html.raw("</figcaption></figure>\n");
        }
    }

    private static void image(Html html, byte[] png) {
        html.raw("<img alt=\"\" src=\"data:image/png;base64,")
                .raw(Base64.getEncoder().encodeToString(png))
                .raw("\">");
    }

    private ExplorationPage() {}
}
