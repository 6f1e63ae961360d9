package io.scanstream.trainer.publish;

import io.scanstream.contracts.model.Interval;
import io.scanstream.contracts.model.Metrics;
import io.scanstream.contracts.model.ModelCard;
import io.scanstream.contracts.model.RuleOutcome;
import io.scanstream.contracts.model.Task;
import io.scanstream.contracts.recipe.Gate;
import io.scanstream.trainer.metrics.Bootstrap;
import io.scanstream.trainer.metrics.WeighedImages;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/** The rules of a recipe's {@code gate}: each looks at one figure and says whether it holds. */
final class GateRules {
    private final Gate gate;
    private final ModelCard card;

    /** Of the recipe that the card carries. */
    GateRules(ModelCard card) {
        this.card = card;
        this.gate = card.recipe().gate();
    }

    /**
     * The rules that look at the new version alone, whether there is a champion or not; those that the recipe does not give
     * are left out.
     *
     * @param latencyMs asked only if the recipe bounds it; NaN: there is nothing to measure with
     */
    List<RuleOutcome> alone(DoubleSupplier latencyMs) {
        List<RuleOutcome> outcomes = new ArrayList<>();
        Metrics test = card.metrics().get("test");
        Map<String, Double> figures = test == null ? Map.of() : figures(test);
        gate.atLeast()
                .forEach((figure, least) ->
                        outcomes.add(atLeast("atLeast/" + figure, figure, figures.get(figure), least)));
        gate.everySubgroupAtLeast().forEach((figure, least) -> outcomes.addAll(ofSubgroups(test, figure, least)));
        Double calibration = gate.calibrationErrorAtMost();
        if (calibration != null) {
            outcomes.add(atMost("calibrationErrorAtMost", "calibration error", calibrationError(), calibration));
        }
        Double latency = gate.latencyAtMostMs();
        if (latency != null) {
            double measured = latencyMs.getAsDouble();
            outcomes.add(atMost(
                    "latencyAtMostMs",
                    "milliseconds of one scan here",
                    Double.isNaN(measured) ? null : measured,
                    latency));
        }
        return outcomes;
    }

    /** One outcome for each subgroup that is large enough; a broken one if there is none. */
    private List<RuleOutcome> ofSubgroups(@Nullable Metrics test, String figure, double least) {
        String rule = "everySubgroupAtLeast/" + figure;
        List<RuleOutcome> outcomes = new ArrayList<>();
        for (Metrics.Subgroup group : test == null ? List.<Metrics.Subgroup>of() : test.subgroups()) {
            if (group.metrics().images() >= gate.fewestInSubgroup()) {
                String name = group.column() + "=" + (group.value() == null ? "" : group.value());
                Double found = figures(group.metrics()).get(figure);
                // Of images that are all of other classes there is no recall to be too low.
                if (found != null) {
                    outcomes.add(atLeast(rule + "/" + name, figure + " of " + name, found, least));
                }
            }
        }
        return outcomes.isEmpty()
                ? List.of(
                        atLeast(rule, figure + " of subgroups of " + gate.fewestInSubgroup() + " images", null, least))
                : outcomes;
    }

    /** Whether there are enough images to compare on. */
    RuleOutcome enough(int images) {
        return new RuleOutcome(
                "fewestImages",
                (double) images,
                (double) gate.fewestImages(),
                images >= gate.fewestImages(),
                images >= gate.fewestImages()
                        ? images + " test images that neither was trained on"
                        : "only " + images + " of its test images are new to the champion, " + gate.fewestImages()
                                + " are needed");
    }

    /** The figure that the two are compared by. */
    String comparedBy() {
        String asked = gate.comparedBy();
        return asked != null ? asked : card.task() == Task.SEGMENTATION ? "dice" : "accuracy";
    }

    /** How two models compare on the same images. */
    record Comparison(RuleOutcome outcome, Map<String, Double> figures) {}

    /** Whether the candidate is not worse than the champion, by the interval of their difference on the same images. */
    Comparison notWorse(WeighedImages candidate, WeighedImages champion) {
        String name = comparedBy();
        String rule = "notWorseThanChampion/" + name;
        double mine = candidate.figure(name);
        double its = champion.figure(name);
        Map<String, Double> figures = new LinkedHashMap<>();
        figures.put("images", (double) candidate.images());
        put(figures, "candidate" + capital(name), mine);
        put(figures, "champion" + capital(name), its);
        Optional<Interval> between = Bootstrap.ofDifference(candidate, champion, name);
        if (between.isEmpty()) {
            String detail = "the " + name + " of " + candidate.images() + " images is not defined";
            return new Comparison(new RuleOutcome(rule, null, null, false, detail), figures);
        }
        Interval difference = between.get();
        figures.put("differenceLow", difference.low());
        figures.put("differenceHigh", difference.high());
        @Nullable Double margin = gate.margin();
        double figure = margin == null ? difference.high() : difference.low();
        double bound = margin == null ? 0 : -margin;
        String detail = String.format(
                Locale.ROOT,
                "%s %.4f on %d test images that neither was trained on, the champion's %.4f; the difference lies between"
                        + " %.4f and %.4f, its %s end %s at least %s",
                name,
                mine,
                candidate.images(),
                its,
                difference.low(),
                difference.high(),
                margin == null ? "upper" : "lower",
                figure >= bound ? "is" : "is not",
                number(bound));
        return new Comparison(new RuleOutcome(rule, figure, bound, figure >= bound, detail), figures);
    }

    /** By the names that {@code gate.atLeast} knows. */
    private Map<String, Double> figures(Metrics test) {
        Map<String, Double> figures = new LinkedHashMap<>(test.figures());
        for (Metrics.PerClass one : test.perClass()) {
            if (one.images() > 0) {
                figures.put("recall/" + one.label(), one.recall());
            }
            figures.put("precision/" + one.label(), one.precision());
            if (one.specificity() != null) {
                figures.put("specificity/" + one.label(), one.specificity());
            }
        }
        String positive = card.positiveClass();
        if (positive != null) {
            copy(figures, "recall/" + positive, "sensitivity");
            copy(figures, "specificity/" + positive, "specificity");
        }
        return figures;
    }

    private static void copy(Map<String, Double> figures, String from, String to) {
        Double value = figures.get(from);
        if (value != null) {
            figures.put(to, value);
        }
    }

    private @Nullable Double calibrationError() {
        return card.calibration() == null || card.calibration().after() == null
                ? null
                : card.calibration().after().expectedError();
    }

    private static RuleOutcome atLeast(String rule, String what, @Nullable Double figure, double least) {
        return bounded(rule, what, figure, least, figure != null && figure >= least, "at least");
    }

    private static RuleOutcome atMost(String rule, String what, @Nullable Double figure, double most) {
        return bounded(rule, what, figure, most, figure != null && figure <= most, "at most");
    }

    private static RuleOutcome bounded(
            String rule, String what, @Nullable Double figure, double bound, boolean passed, String relation) {
        String detail = figure == null
                ? what + " is not known, it has to be " + relation + " " + number(bound)
                : what + " " + number(figure) + (passed ? " is " : " is not ") + relation + " " + number(bound);
        return new RuleOutcome(rule, figure, bound, passed, detail);
    }

    private static void put(Map<String, Double> figures, String name, double value) {
        if (Double.isFinite(value)) {
            figures.put(name, value);
        }
    }

    private static String capital(String name) {
        return name.substring(0, 1).toUpperCase(Locale.ROOT) + name.substring(1);
    }

    private static String number(double value) {
        return new java.math.BigDecimal(value)
                .round(new java.math.MathContext(4))
                .stripTrailingZeros()
                .toPlainString();
    }
}
