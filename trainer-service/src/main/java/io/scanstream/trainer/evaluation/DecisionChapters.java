package io.scanstream.trainer.evaluation;

import io.scanstream.contracts.model.Calibration;
import io.scanstream.contracts.model.ModelCard;
import io.scanstream.contracts.model.NoveltyGuard;
import io.scanstream.contracts.model.OperatingPoint;
import io.scanstream.contracts.model.Referral;
import io.scanstream.contracts.recipe.OperatingRule;
import io.scanstream.trainer.metrics.ReliabilityDiagram;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A report's chapters on how far a decision can be trusted; each is left out where the card says nothing of it. */
final class DecisionChapters {
    private final Html html;
    private final ModelCard card;

    DecisionChapters(Html html, ModelCard card) {
        this.html = html;
        this.card = card;
    }

    void calibration(@Nullable ReliabilityDiagram reliability) {
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
                Plot.SQUARE,
                Plot.SQUARE);
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

    void operatingPoint() {
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
                Html.figureOrNothing(rates.sensitivity()),
                Html.figureOrNothing(rates.specificity())));
    }

    void referral() {
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
                            Plot.SQUARE,
                            Plot.SQUARE)
                    .line("measured", curve)
                    .reference(
                            "asked for",
                            List.of(new Plot.Point(0, referral.accuracy()), new Plot.Point(1, referral.accuracy())))
                    .svg());
        }
    }

    private void kept(String split, Referral.Kept kept) {
        html.row(List.of(split, Html.figure(kept.coverage()), Html.figureOrNothing(kept.accuracy())));
    }

    void novelty() {
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
}
