package io.scanstream.trainer.evaluation;

import io.scanstream.contracts.model.Interval;
import io.scanstream.contracts.model.Metrics;
import io.scanstream.contracts.model.ModelCard;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A report's tables of a split's figures: all images, merged classes, subgroups, overlap, confusion. */
final class FigureTables {
    /** Of figures, by the names that curves have; others are named as they are. */
    private static final Map<String, String> NAMES = Map.of(
            "balancedAccuracy", "balanced accuracy",
            "macroF1", "macro F1",
            "logLoss", "log loss",
            "auc", "ROC AUC",
            "averagePrecision", "average precision",
            "dice", "Dice",
            "iou", "IoU",
            "diceOverall", "Dice of all pixels",
            "iouOverall", "IoU of all pixels");

    /** In an interval's key, between a figure and the class that it is of. */
    private static final String OF_CLASS = "/";

    private final Html html;
    private final ModelCard card;

    FigureTables(Html html, ModelCard card) {
        this.html = html;
        this.card = card;
    }

    /** How a page calls a figure. */
    static String name(String figure) {
        return NAMES.getOrDefault(figure, figure);
    }

    void split(String name, Metrics metrics) {
        html.heading(name + ", " + metrics.images() + " images");
        figures(metrics);
        Metrics merged = metrics.merged();
        if (merged != null) {
            html.heading(name + ", classes merged");
            figures(merged);
        }
        subgroups(name, metrics);
    }

    /** The few figures by which parts are compared. */
    private void subgroups(String name, Metrics metrics) {
        if (metrics.subgroups().isEmpty()) {
            return;
        }
        html.heading(name + ", subgroups");
        boolean masks = metrics.segmentation() != null;
        String positive = masks ? null : card.positiveClass();
        List<String> heads = new ArrayList<>(List.of("column", "value", "images"));
        heads.addAll(masks ? List.of("Dice", "IoU") : List.of("accuracy", "ROC AUC"));
        if (positive != null) {
            heads.addAll(List.of("sensitivity, " + positive, "specificity"));
        }
        html.startTable(heads);
        List<Metrics.Subgroup> all = new ArrayList<>(List.of(new Metrics.Subgroup("all images", "", metrics)));
        all.addAll(metrics.subgroups());
        for (Metrics.Subgroup subgroup : all) {
            Metrics part = subgroup.metrics();
            List<String> cells = new ArrayList<>(List.of(
                    subgroup.column(),
                    subgroup.value() == null ? "unknown" : subgroup.value(),
                    part.images() + (part.images() < Subgroups.FEW_IMAGES ? " (few)" : "")));
            for (String figure : masks ? List.of("dice", "iou") : List.of("accuracy", "auc")) {
                cells.add(within(part, figure, part.figures().get(figure)));
            }
            if (positive != null) {
                Metrics.PerClass one = part.perClass().get(card.classes().indexOf(positive));
                boolean some = one.images() > 0;
                boolean others = one.images() < part.images();
                cells.add(within(part, "recall" + OF_CLASS + positive, some ? one.recall() : null));
                cells.add(within(part, "specificity" + OF_CLASS + positive, others ? one.specificity() : null));
            }
            html.row(cells);
        }
        html.endTable();
    }

    private void figures(Metrics metrics) {
        html.startTable(metrics.intervals().isEmpty() ? List.of() : List.of("figure", "value", "95 % interval"));
        row(metrics, "accuracy" + (metrics.segmentation() == null ? "" : " of pixels"), "accuracy", metrics.accuracy());
        for (String figure :
                List.of("balancedAccuracy", "macroF1", "logLoss", "auc", "averagePrecision", "dice", "iou")) {
            row(metrics, name(figure), figure, metrics.figures().get(figure));
        }
        html.endTable();
        if (metrics.segmentation() != null) {
            overlap(metrics.segmentation());
        }
        // Of pixels no ranking is kept.
        boolean ranked = metrics.segmentation() == null;
        List<String> heads = new ArrayList<>(
                List.of("class", ranked ? "images" : "pixels", "precision", "recall", "F1", "specificity"));
        if (ranked) {
            heads.addAll(List.of("average precision", "ROC AUC"));
        }
        html.startTable(heads);
        for (Metrics.PerClass one : metrics.perClass()) {
            List<String> cells = new ArrayList<>(List.of(
                    one.label(),
                    Long.toString(one.images()),
                    within(metrics, "precision", one, one.precision()),
                    within(metrics, "recall", one, one.recall()),
                    Html.figure(one.f1()),
                    within(metrics, "specificity", one, one.specificity())));
            if (ranked) {
                cells.addAll(List.of(Html.figureOrNothing(one.averagePrecision()), Html.figureOrNothing(one.rocAuc())));
            }
            html.row(cells);
        }
        html.endTable();
        if (metrics.intervals().keySet().stream().anyMatch(key -> key.contains(OF_CLASS))) {
            html.note("Small below a figure: its 95 % interval.");
        }
        confusion(metrics);
    }

    private void overlap(Metrics.Segmentation segmentation) {
        html.startTable(List.of("class", "Dice", "IoU", "Dice of all pixels", "IoU of all pixels"));
        boolean several = segmentation.perClass().size() > 2;
        if (several) {
            html.row(List.of(
                    "foreground",
                    Html.figure(segmentation.dice()),
                    Html.figure(segmentation.iou()),
                    Html.figure(segmentation.diceOverall()),
                    Html.figure(segmentation.iouOverall())));
        }
        for (Metrics.Overlap one : segmentation.perClass()) {
            html.row(List.of(
                    one.label(),
                    Html.figure(one.dice()),
                    Html.figure(one.iou()),
                    Html.figure(one.diceOverall()),
                    Html.figure(one.iouOverall())));
        }
        html.endTable();
        html.note("Dice and IoU are means over the images, beside them those of all images' pixels counted together. An"
                + " image in which a class neither is nor is found counts 1."
                + (several
                        ? " Foreground is the mean of all classes but "
                                + segmentation.perClass().get(0).label() + "."
                        : ""));
    }

    private void confusion(Metrics metrics) {
        List<String> classes =
                metrics.perClass().stream().map(Metrics.PerClass::label).toList();
        List<String> heads = new ArrayList<>(List.of("true \\ decided"));
        heads.addAll(classes);
        html.startTable(heads);
        for (int k = 0; k < classes.size(); k++) {
            List<String> cells = new ArrayList<>(List.of(classes.get(k)));
            List<Long> counts = metrics.confusion().get(k);
            long all = counts.stream().mapToLong(Long::longValue).sum();
            for (long count : counts) {
                cells.add(count + (all == 0 ? "" : String.format(Locale.ROOT, " (%.1f %%)", 100.0 * count / all)));
            }
            html.row(cells);
        }
        html.endTable();
    }

    private void row(Metrics metrics, String name, String key, @Nullable Double value) {
        if (value == null) {
            return;
        }
        Interval interval = metrics.intervals().get(key);
        List<String> cells = new ArrayList<>(List.of(name, Html.figure(value)));
        if (!metrics.intervals().isEmpty()) {
            cells.add(interval == null ? "" : between(interval));
        }
        html.row(cells);
    }

    private static String within(Metrics metrics, String figure, Metrics.PerClass of, @Nullable Double value) {
        return within(metrics, figure + OF_CLASS + of.label(), value);
    }

    private static String within(Metrics metrics, String key, @Nullable Double value) {
        Interval interval = metrics.intervals().get(key);
        return Html.figureOrNothing(value) + (interval == null || value == null ? "" : "\n" + between(interval));
    }

    private static String between(Interval interval) {
        return String.format(Locale.ROOT, "%.3f to %.3f", interval.low(), interval.high());
    }
}
