package io.scanstream.trainer.evaluation;

import io.scanstream.contracts.model.ModelCard;
import io.scanstream.contracts.model.Preprocessing;
import io.scanstream.trainer.metrics.Ranking;
import io.scanstream.trainer.metrics.ReliabilityDiagram;
import io.scanstream.trainer.training.EpochRecord;
import java.util.ArrayList;
import java.util.Arrays;
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
    private static final int DICE_BINS = 20;
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
     * @param testDice of each image of the test split; empty for a classifier
     * @param reliability of the decisions on the test split; absent for segmentation
     */
    static String html(
            ModelCard card,
            List<EpochRecord> history,
            List<Ranking> testRankings,
            List<Double> testDice,
            @Nullable ReliabilityDiagram reliability) {
        Report report = new Report(card);
        report.html.paragraph(card.recipe().about());
        report.html.note(card.intendedUse());
        card.warnings().forEach(warning -> report.html.paragraph("Warning: " + warning));
        report.facts();
        FigureTables tables = new FigureTables(report.html, card);
        card.metrics().forEach(tables::split);
        report.rankings(testRankings);
        report.dice(testDice);
        DecisionChapters chapters = new DecisionChapters(report.html, card);
        chapters.calibration(reliability);
        chapters.operatingPoint();
        chapters.referral();
        chapters.novelty();
        report.training(history);
        return report.html.page();
    }

    private void facts() {
        html.startFacts();
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
        Preprocessing input = card.preprocessing();
        html.row(List.of(
                "input", input.widthPx() + " × " + input.heightPx() + ", " + (input.channels() == 1 ? "grey" : "RGB")));
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

    /** How the images' Dice are spread: a mean of .8 may be .8 of each, or a fifth of the images lost. */
    private void dice(List<Double> ofImages) {
        if (ofImages.isEmpty()) {
            return;
        }
        html.heading("test, Dice of the images");
        List<Double> ordered = ofImages.stream().sorted().toList();
        html.paragraph(String.format(
                Locale.ROOT,
                "Half of the images lie between %.3f and %.3f; the worst has %.3f, the best %.3f.",
                ordered.get(ordered.size() / 4),
                ordered.get(ordered.size() - 1 - ordered.size() / 4),
                ordered.get(0),
                ordered.get(ordered.size() - 1)));
        int[] counts = new int[DICE_BINS];
        ordered.forEach(dice -> counts[Math.min(DICE_BINS - 1, (int) (dice * DICE_BINS))]++);
        int most = Arrays.stream(counts).max().orElse(1);
        Plot plot = new Plot(
                "Dice of the images",
                Plot.Axis.share("Dice"),
                new Plot.Axis("images", 0, most),
                PLOT_WIDTH,
                PLOT_HEIGHT);
        for (int bin = 0; bin < DICE_BINS; bin++) {
            plot.bar((double) bin / DICE_BINS, (bin + 1.0) / DICE_BINS, counts[bin]);
        }
        double mean =
                ofImages.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
        html.raw(plot.reference(
                        "mean " + Html.figure(mean), List.of(new Plot.Point(mean, 0), new Plot.Point(mean, most)))
                .svg());
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
