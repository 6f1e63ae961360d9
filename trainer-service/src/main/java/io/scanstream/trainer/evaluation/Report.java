package io.scanstream.trainer.evaluation;

import io.scanstream.contracts.model.ModelCard;
import io.scanstream.trainer.metrics.Ranking;
import io.scanstream.trainer.metrics.ReliabilityDiagram;
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
    private static final int PLOT_WIDTH = 380;
    private static final int PLOT_HEIGHT = 200;
    private static final int DIGITS_OF_A_DIGEST = 12;

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
     * @param reliability of the decisions on the test split; absent for segmentation
     */
    static String html(
            ModelCard card,
            List<EpochRecord> history,
            List<Ranking> testRankings,
            @Nullable ReliabilityDiagram reliability) {
        Report report = new Report(card);
        report.html.paragraph(card.recipe().about());
        report.html.note(card.intendedUse());
        card.warnings().forEach(warning -> report.html.paragraph("Warning: " + warning));
        report.facts();
        FigureTables tables = new FigureTables(report.html, card);
        card.metrics().forEach(tables::split);
        report.rankings(testRankings);
        DecisionChapters chapters = new DecisionChapters(report.html, card);
        chapters.calibration(reliability);
        chapters.operatingPoint();
        chapters.referral();
        chapters.novelty();
        report.training(history);
        return report.html.page();
    }

    private void facts() {
        html.startTable(List.of());
        html.row(List.of("recipe", card.recipe().name() + ", seed " + card.seed()));
        html.row(List.of(
                "data set",
                card.dataset() == null
                        ? "files, SHA-256 " + card.manifestSha256().substring(0, DIGITS_OF_A_DIGEST) + "…"
                        : card.dataset().toString()));
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
        html.row(List.of("trainable parameters", String.format(Locale.ROOT, "%,d", card.parameters())));
        html.row(List.of(
                "best epoch",
                card.bestEpoch() + " of " + card.recipe().training().epochs()));
        html.row(List.of(
                "largest difference of a logit, ONNX Runtime to PyTorch",
                String.format(Locale.ROOT, "%.2e", card.parityMaxAbs())));
        card.versions().forEach((name, version) -> html.row(List.of(name, version)));
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
            html.raw(precisionRecall(rankings.get(focus), card.classes().get(focus), Plot.SQUARE * 3 / 2, true));
        }
        for (int k = 0; k < rankings.size(); k++) {
            if (k != focus) {
                html.raw(precisionRecall(rankings.get(k), card.classes().get(k), Plot.SQUARE, false));
            }
        }
        Plot roc = new Plot(
                "ROC",
                Plot.Axis.share("false positive rate"),
                Plot.Axis.share("true positive rate"),
                Plot.SQUARE,
                Plot.SQUARE);
        for (int k = 0; k < rankings.size(); k++) {
            Ranking ranking = rankings.get(k);
            String name = card.classes().get(k) + ", area " + Html.figureOrNothing(ranking.rocAuc());
            if (ranking.rocAuc() != null && k == focus) {
                roc.focus(name, roc(ranking));
            } else if (ranking.rocAuc() != null) {
                roc.line(name, roc(ranking));
            }
        }
        roc.reference("chance, area .5", List.of(new Plot.Point(0, 0), new Plot.Point(1, 1)));
        html.raw(roc.svg());
    }

    private static String precisionRecall(Ranking ranking, String name, int side, boolean focus) {
        double chance = (double) ranking.positives() / (ranking.positives() + ranking.negatives());
        List<Plot.Point> points = new ArrayList<>();
        for (Ranking.Step step : ranking.steps()) {
            if (ranking.positives() > 0) {
                points.add(new Plot.Point((double) step.truePositives() / ranking.positives(), step.precision()));
            }
        }
        Plot plot = new Plot(
                "Precision and recall, " + name, Plot.Axis.share("recall"), Plot.Axis.share("precision"), side, side);
        String legend = "average precision " + Html.figureOrNothing(ranking.averagePrecision());
        return (focus ? plot.focus(legend, points) : plot.line(legend, points))
                .reference(
                        "chance " + Html.figure(chance), List.of(new Plot.Point(0, chance), new Plot.Point(1, chance)))
                .svg();
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
        double last = history.get(history.size() - 1).epoch();
        Plot.Axis epochs = new Plot.Axis("epoch", 1, last);
        List<Plot.Point> train = history.stream()
                .map(one -> new Plot.Point(one.epoch(), one.trainLoss()))
                .toList();
        List<Plot.Point> validation = history.stream()
                .map(one -> new Plot.Point(one.epoch(), one.validationLoss()))
                .toList();
        List<Plot.Point> both = new ArrayList<>(train);
        both.addAll(validation);
        html.raw(new Plot("Loss", epochs, Plot.Axis.holding("loss", both), PLOT_WIDTH, PLOT_HEIGHT)
                .line("training", train)
                .line("validation", validation)
                .svg());
        Map<String, List<Plot.Point>> byName = new LinkedHashMap<>();
        for (EpochRecord epoch : history) {
            epoch.validation().forEach((name, value) -> byName.computeIfAbsent(name, any -> new ArrayList<>())
                    .add(new Plot.Point(epoch.epoch(), value)));
        }
        byName.forEach((figure, points) -> {
            if (!figure.equals("loss")) {
                String name = FigureTables.name(figure);
                html.raw(new Plot(
                                "Validation, " + name, epochs, Plot.Axis.holding(name, points), PLOT_WIDTH, PLOT_HEIGHT)
                        .line(name, points)
                        .svg());
            }
        });
    }
}
