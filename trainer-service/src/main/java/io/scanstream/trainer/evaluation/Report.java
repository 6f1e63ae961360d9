package io.scanstream.trainer.evaluation;

import io.scanstream.contracts.model.Metrics;
import io.scanstream.contracts.model.ModelCard;
import io.scanstream.trainer.metrics.Ranking;
import io.scanstream.trainer.training.EpochRecord;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The page of a package for people: figures, confusion matrix, curves; one file without scripts. No image is in it. */
final class Report {
    private static final int PLOT_WIDTH = 420;
    private static final int PLOT_HEIGHT = 200;
    private static final int SQUARE = 220;

    private final Html html;
    private final ModelCard card;

    private Report(ModelCard card) {
        this.card = card;
        this.html = new Html(card.name() + " " + card.version());
    }

    /**
     * Writes the page.
     *
     * @param history epoch by epoch, oldest first
     * @param testRankings of each class on the test split, in class order; empty for segmentation
     */
    static String html(ModelCard card, List<EpochRecord> history, List<Ranking> testRankings) {
        Report report = new Report(card);
        report.html.paragraph(card.recipe().about());
        report.html.note(card.intendedUse());
        card.warnings().forEach(warning -> report.html.paragraph("Warning: " + warning));
        report.facts();
        card.metrics().forEach(report::split);
        report.rankings(testRankings);
        report.training(history);
        return report.html.page();
    }

    private void facts() {
        html.startTable(List.of());
        html.row(List.of("recipe", card.recipe().name() + ", seed " + card.seed()));
        html.row(List.of("classes", String.join(", ", card.classes())));
        html.row(List.of(
                "images",
                card.images().entrySet().stream()
                        .map(split -> split.getValue() + " " + split.getKey())
                        .collect(Collectors.joining(", "))));
        html.row(List.of(
                "input",
                card.preprocessing().widthPx() + " × " + card.preprocessing().heightPx() + ", "
                        + card.preprocessing().channels() + " channels"));
        html.row(List.of("trained numbers", String.format(Locale.ROOT, "%,d", card.parameters())));
        html.row(List.of(
                "best epoch",
                card.bestEpoch() + " of " + card.recipe().training().epochs()));
        html.row(List.of(
                "largest difference to the native network", String.format(Locale.ROOT, "%.2e", card.parityMaxAbs())));
        card.versions().forEach((name, version) -> html.row(List.of(name, version)));
        html.endTable();
    }

    private void split(String name, Metrics metrics) {
        html.heading(name + ", " + metrics.images() + " images");
        figures(metrics);
        Metrics merged = metrics.merged();
        if (merged != null) {
            html.heading(name + ", classes merged");
            figures(merged);
        }
    }

    private void figures(Metrics metrics) {
        html.startTable(List.of());
        row("accuracy" + (metrics.segmentation() == null ? "" : " of pixels"), metrics.accuracy());
        row("balanced accuracy", metrics.balancedAccuracy());
        row("macro F1", metrics.macroF1());
        row("log loss", metrics.logLoss());
        row("ROC AUC", metrics.rocAuc());
        row("average precision", metrics.averagePrecision());
        html.endTable();
        if (metrics.segmentation() != null) {
            overlap(metrics.segmentation());
        }
        html.startTable(List.of(
                "class",
                metrics.segmentation() == null ? "images" : "pixels",
                "precision",
                "recall",
                "F1",
                "specificity",
                "average precision",
                "ROC AUC"));
        for (Metrics.PerClass one : metrics.perClass()) {
            html.row(List.of(
                    one.label(),
                    Long.toString(one.images()),
                    Html.figure(one.precision()),
                    Html.figure(one.recall()),
                    Html.figure(one.f1()),
                    figureOrNothing(one.specificity()),
                    figureOrNothing(one.averagePrecision()),
                    figureOrNothing(one.rocAuc())));
        }
        html.endTable();
        confusion(metrics);
    }

    private void overlap(Metrics.Segmentation segmentation) {
        html.startTable(List.of("class", "Dice", "IoU", "Dice of all pixels", "IoU of all pixels"));
        html.row(List.of(
                "foreground",
                Html.figure(segmentation.dice()),
                Html.figure(segmentation.iou()),
                Html.figure(segmentation.diceOverall()),
                Html.figure(segmentation.iouOverall())));
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
                + " image in which a class neither is nor is found counts 1. Foreground is the mean of all classes but "
                + segmentation.perClass().get(0).label() + ".");
    }

    private void confusion(Metrics metrics) {
        List<String> classes =
                metrics.perClass().stream().map(Metrics.PerClass::label).toList();
        List<String> heads = new ArrayList<>(List.of("true \\ decided"));
        heads.addAll(classes);
        html.startTable(heads);
        for (int k = 0; k < classes.size(); k++) {
            List<String> cells = new ArrayList<>(List.of(classes.get(k)));
            metrics.confusion().get(k).forEach(count -> cells.add(Long.toString(count)));
            html.row(cells);
        }
        html.endTable();
    }

    /** Precision against recall for each class, the recipe's focus class first; then ROC. */
    private void rankings(List<Ranking> rankings) {
        if (rankings.isEmpty()) {
            return;
        }
        html.heading("test, curves");
        int focus = card.recipe().evaluation() == null
                ? -1
                : card.classes()
                        .indexOf(Objects.toString(card.recipe().evaluation().focusClass()));
        if (focus >= 0) {
            html.raw(precisionRecall(rankings.get(focus), card.classes().get(focus), 2 * SQUARE));
        }
        for (int k = 0; k < rankings.size(); k++) {
            if (k != focus) {
                html.raw(precisionRecall(rankings.get(k), card.classes().get(k), SQUARE));
            }
        }
        Plot roc = new Plot("true positives against false positives", SQUARE, SQUARE);
        for (int k = 0; k < rankings.size(); k++) {
            Ranking ranking = rankings.get(k);
            if (ranking.rocAuc() != null) {
                roc.line(card.classes().get(k) + ", area " + figureOrNothing(ranking.rocAuc()), roc(ranking));
            }
        }
        roc.dashed("chance", List.of(new Plot.Point(0, 0), new Plot.Point(1, 1)));
        html.raw(roc.svg(0, 1, 1));
    }

    private static String precisionRecall(Ranking ranking, String name, int side) {
        double chance = (double) ranking.positives() / (ranking.positives() + ranking.negatives());
        List<Plot.Point> points = new ArrayList<>();
        for (Ranking.Step step : ranking.steps()) {
            if (ranking.positives() > 0) {
                points.add(new Plot.Point((double) step.truePositives() / ranking.positives(), step.precision()));
            }
        }
        return new Plot("precision against recall, " + name, side, side)
                .line(name + ", average precision " + figureOrNothing(ranking.averagePrecision()), points)
                .dashed("chance " + Html.figure(chance), List.of(new Plot.Point(0, chance), new Plot.Point(1, chance)))
                .svg(0, 1, 1);
    }

    private static List<Plot.Point> roc(Ranking ranking) {
        List<Plot.Point> points = new ArrayList<>(List.of(new Plot.Point(0, 0)));
        for (Ranking.Step step : ranking.steps()) {
            points.add(new Plot.Point(
                    (double) step.falsePositives() / ranking.negatives(),
                    (double) step.truePositives() / ranking.positives()));
        }
        return points;
    }

    private void training(List<EpochRecord> history) {
        html.heading("Training");
        if (history.isEmpty()) {
            html.paragraph("No epoch: the network is as it was loaded.");
            return;
        }
        Plot loss = new Plot("loss by epoch", PLOT_WIDTH, PLOT_HEIGHT)
                .line(
                        "train",
                        history.stream()
                                .map(one -> new Plot.Point(one.epoch(), one.trainLoss()))
                                .toList())
                .line(
                        "validation",
                        history.stream()
                                .map(one -> new Plot.Point(one.epoch(), one.validationLoss()))
                                .toList());
        double last = history.get(history.size() - 1).epoch();
        html.raw(loss.svg(1, last));
        Map<String, List<Plot.Point>> byName = new LinkedHashMap<>();
        for (EpochRecord epoch : history) {
            epoch.validation().forEach((name, value) -> byName.computeIfAbsent(name, any -> new ArrayList<>())
                    .add(new Plot.Point(epoch.epoch(), value)));
        }
        byName.forEach((name, points) -> {
            if (!name.equals("loss")) {
                html.raw(new Plot("validation " + name + " by epoch", PLOT_WIDTH, PLOT_HEIGHT)
                        .line(name, points)
                        .svg(1, last));
            }
        });
    }

    private void row(String name, @Nullable Double value) {
        if (value != null) {
            html.row(List.of(name, Html.figure(value)));
        }
    }

    private static String figureOrNothing(@Nullable Double value) {
        return value == null ? "" : Html.figure(value);
    }
}
