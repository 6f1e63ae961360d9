package io.scanstream.trainer.evaluation;

import io.scanstream.contracts.model.Calibration;
import io.scanstream.contracts.model.Interval;
import io.scanstream.contracts.model.Metrics;
import io.scanstream.contracts.model.ModelCard;
import io.scanstream.contracts.model.NoveltyGuard;
import io.scanstream.contracts.model.OperatingPoint;
import io.scanstream.contracts.model.Referral;
import io.scanstream.contracts.recipe.OperatingRule;
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
    private static final int SQUARE = 220;
    private static final int DIGITS_OF_A_DIGEST = 12;

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
        card.metrics().forEach(report::split);
        report.rankings(testRankings);
        report.calibration(reliability);
        report.operatingPoint();
        report.referral();
        report.novelty();
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

    private void split(String name, Metrics metrics) {
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
                cells.add(within(part, "recall/" + positive, some ? one.recall() : null));
                cells.add(within(part, "specificity/" + positive, others ? one.specificity() : null));
            }
            html.row(cells);
        }
        html.endTable();
    }

    private void figures(Metrics metrics) {
        html.startTable(metrics.intervals().isEmpty() ? List.of() : List.of("figure", "", "95 % interval"));
        row(metrics, "accuracy" + (metrics.segmentation() == null ? "" : " of pixels"), "accuracy", metrics.accuracy());
        for (String figure :
                List.of("balancedAccuracy", "macroF1", "logLoss", "auc", "averagePrecision", "dice", "iou")) {
            row(
                    metrics,
                    NAMES.getOrDefault(figure, figure),
                    figure,
                    metrics.figures().get(figure));
        }
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
                    within(metrics, "precision", one, one.precision()),
                    within(metrics, "recall", one, one.recall()),
                    Html.figure(one.f1()),
                    within(metrics, "specificity", one, one.specificity()),
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
            List<Long> counts = metrics.confusion().get(k);
            long all = counts.stream().mapToLong(Long::longValue).sum();
            for (long count : counts) {
                cells.add(count + (all == 0 ? "" : String.format(Locale.ROOT, " (%.1f %%)", 100.0 * count / all)));
            }
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
            html.raw(precisionRecall(rankings.get(focus), card.classes().get(focus), SQUARE * 3 / 2, true));
        }
        for (int k = 0; k < rankings.size(); k++) {
            if (k != focus) {
                html.raw(precisionRecall(rankings.get(k), card.classes().get(k), SQUARE, false));
            }
        }
        Plot roc = new Plot(
                "ROC", Plot.Axis.share("false positive rate"), Plot.Axis.share("true positive rate"), SQUARE, SQUARE);
        for (int k = 0; k < rankings.size(); k++) {
            Ranking ranking = rankings.get(k);
            String name = card.classes().get(k) + ", area " + figureOrNothing(ranking.rocAuc());
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
        String legend = "average precision " + figureOrNothing(ranking.averagePrecision());
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
                String name = NAMES.getOrDefault(figure, figure);
                html.raw(new Plot(
                                "Validation, " + name, epochs, Plot.Axis.holding(name, points), PLOT_WIDTH, PLOT_HEIGHT)
                        .line(name, points)
                        .svg());
            }
        });
    }

    private void calibration(@Nullable ReliabilityDiagram reliability) {
        Calibration calibration = card.calibration();
        if (reliability == null) {
            return;
        }
        html.heading("test, calibration");
        if (calibration == null) {
            html.paragraph("Without validation images no temperature was fitted.");
        } else {
            html.paragraph(String.format(
                    Locale.ROOT,
                    "Logits are divided by %.3f, fitted on the validation split, before they become probabilities.",
                    calibration.temperature()));
            html.startTable(List.of("", "log loss", "expected calibration error", "the same of a perfect model"));
            reliability("before", calibration.before());
            reliability("after", calibration.after());
            html.endTable();
        }
        Plot plot = new Plot(
                "Reliability",
                Plot.Axis.share("probability of the decision"),
                Plot.Axis.share("share of right decisions"),
                SQUARE,
                SQUARE);
        List<Plot.Point> points = new ArrayList<>();
        for (ReliabilityDiagram.Bin bin : reliability.bins()) {
            double from = Math.floor(bin.confidence() * Calibration.BINS - 1e-9) / Calibration.BINS;
            plot.bar(Math.max(0, from), Math.min(1, from + 1.0 / Calibration.BINS), bin.accuracy());
            points.add(new Plot.Point(bin.confidence(), bin.accuracy()));
        }
        html.raw(plot.line("measured", points)
                .reference("perfect", List.of(new Plot.Point(0, 0), new Plot.Point(1, 1)))
                .svg());
    }

    private void reliability(String when, Calibration.@Nullable Reliability figures) {
        if (figures != null) {
            html.row(List.of(
                    when,
                    Html.figure(figures.logLoss()),
                    Html.figure(figures.expectedError()),
                    Html.figure(figures.noiseFloor())));
        }
    }

    private void operatingPoint() {
        OperatingPoint point = card.operatingPoint();
        if (point == null) {
            return;
        }
        html.heading("Operating point");
        html.paragraph(String.format(
                Locale.ROOT,
                "%s is decided for from a probability of %.4f on, chosen on the validation split for %s.",
                card.positiveClass(),
                point.threshold(),
                aim(point.rule())));
        html.startTable(List.of("split", "positive", "others", "sensitivity", "specificity"));
        rates("validation", point.validation());
        if (point.test() != null) {
            rates("test", point.test());
        }
        html.endTable();
        if (point.expected() != null) {
            html.note(String.format(
                    Locale.ROOT,
                    "From the validation split %.4f is expected, and for a test split of this size %.4f to %.4f with 95 %%.",
                    point.expected().rate(),
                    point.expected().interval().low(),
                    point.expected().interval().high()));
        }
    }

    private static String aim(OperatingRule rule) {
        if (rule instanceof OperatingRule.Sensitivity sensitivity) {
            return "a sensitivity of " + sensitivity.atLeast();
        }
        if (rule instanceof OperatingRule.Specificity specificity) {
            return "a specificity of " + specificity.atLeast();
        }
        return "the least cost, where a missed one costs " + ((OperatingRule.Cost) rule).missed() + " false alarms";
    }

    private void rates(String split, OperatingPoint.Rates rates) {
        html.row(List.of(
                split,
                Long.toString(rates.positives()),
                Long.toString(rates.negatives()),
                figureOrNothing(rates.sensitivity()),
                figureOrNothing(rates.specificity())));
    }

    private void referral() {
        Referral referral = card.referral();
        if (referral == null) {
            return;
        }
        html.heading("Referral");
        html.paragraph(String.format(
                Locale.ROOT,
                "A scan whose decision is less probable than %.4f is referred to a person, so that the others are right in"
                        + " %.1f %%; chosen on the validation split.",
                referral.confidence(),
                100 * referral.accuracy()));
        html.startTable(List.of("split", "decided", "accuracy of these"));
        kept("validation", referral.validation());
        if (referral.test() != null) {
            kept("test", referral.test());
        }
        html.endTable();
        List<Plot.Point> curve = new ArrayList<>();
        for (Referral.Kept kept : referral.curve()) {
            if (kept.accuracy() != null) {
                curve.add(new Plot.Point(kept.coverage(), kept.accuracy()));
            }
        }
        if (!curve.isEmpty()) {
            html.raw(new Plot(
                            "Accuracy of the surer decisions, test",
                            Plot.Axis.share("share of scans that are decided"),
                            Plot.Axis.share("accuracy of these"),
                            SQUARE,
                            SQUARE)
                    .line("measured", curve)
                    .reference(
                            "asked for",
                            List.of(new Plot.Point(0, referral.accuracy()), new Plot.Point(1, referral.accuracy())))
                    .svg());
        }
    }

    private void novelty() {
        NoveltyGuard guard = card.noveltyGuard();
        if (guard == null) {
            return;
        }
        html.heading("Unlike the training images");
        html.paragraph(String.format(
                Locale.ROOT,
                "A scan that is farther than %.4f from the training images of every class is flagged: the model"
                        + " has seen nothing like it, and its score cannot be relied on. Of scans like the data set's, %.1f %% are"
                        + " expected to be flagged too, by the validation split. The distance was fitted on %d training images.",
                guard.threshold(),
                100 * guard.expected(),
                guard.trainingImages()));
        html.startTable(List.of("split", "images", "flagged"));
        flagged("validation", guard.validation());
        if (guard.test() != null) {
            flagged("test", guard.test());
        }
        html.endTable();
    }

    private void flagged(String split, NoveltyGuard.Flagged flagged) {
        html.row(List.of(split, Integer.toString(flagged.images()), Integer.toString(flagged.flagged())));
    }

    private void kept(String split, Referral.Kept kept) {
        html.row(List.of(split, Html.figure(kept.coverage()), figureOrNothing(kept.accuracy())));
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
        return within(metrics, figure + "/" + of.label(), value);
    }

    private static String within(Metrics metrics, String key, @Nullable Double value) {
        Interval interval = metrics.intervals().get(key);
        return figureOrNothing(value) + (interval == null || value == null ? "" : " (" + between(interval) + ")");
    }

    private static String between(Interval interval) {
        return String.format(Locale.ROOT, "%.3f to %.3f", interval.low(), interval.high());
    }

    private static String figureOrNothing(@Nullable Double value) {
        return value == null ? "" : Html.figure(value);
    }
}
