package io.scanstream.trainer.metrics;

import io.scanstream.contracts.model.Confusion;
import io.scanstream.contracts.model.DecisionRule;
import io.scanstream.contracts.model.Metrics;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Figures of a classifier from its probabilities. */
public final class ClassificationMetrics {
    /** Below it a probability counts as it, so that one certain mistake does not make the log loss infinite. */
    private static final double LEAST_PROBABILITY = 1e-15;

    /** As {@link #of(List, float[][], int[], int, DecisionRule)}, deciding for the most probable class. */
    public static Metrics of(List<String> classes, float[][] probabilities, int[] labels, int positive) {
        return of(classes, probabilities, labels, positive, DecisionRule.MOST_PROBABLE);
    }

    /**
     * Computes all figures but intervals.
     *
     * @param probabilities {@code [images][classes]}, rows that add up to 1
     * @param labels true class of each image
     * @param positive index of the positive class, for two classes
     */
    public static Metrics of(
            List<String> classes, float[][] probabilities, int[] labels, int positive, DecisionRule rule) {
        Confusion confusion = new Confusion(classes);
        double logLoss = 0;
        for (int i = 0; i < labels.length; i++) {
            confusion.add(labels[i], rule.decide(probabilities[i]));
            logLoss += logLoss(probabilities[i][labels[i]]);
        }
        List<Metrics.PerClass> perClass = new ArrayList<>();
        for (int k = 0; k < classes.size(); k++) {
            Ranking ranking = Ranking.of(probabilities, labels, k);
            Metrics.PerClass counted = confusion.perClass().get(k);
            perClass.add(new Metrics.PerClass(
                    counted.label(),
                    counted.images(),
                    counted.precision(),
                    counted.recall(),
                    counted.f1(),
                    counted.specificity(),
                    ranking.averagePrecision(),
                    ranking.rocAuc()));
        }
        return new Metrics(
                labels.length,
                confusion.accuracy(),
                confusion.macroF1(),
                logLoss / labels.length,
                ranked(perClass, positive, Metrics.PerClass::rocAuc),
                perClass,
                confusion.counts(),
                confusion.balancedAccuracy(),
                ranked(perClass, positive, Metrics.PerClass::averagePrecision),
                null,
                null,
                Map.of(),
                List.of());
    }

    /** Of one image. */
    static double logLoss(double ofTruth) {
        return -Math.log(Math.max(LEAST_PROBABILITY, ofTruth));
    }

    /** The positive class's figure of two, the mean of more; absent where one of those is. */
    private static @Nullable Double ranked(
            List<Metrics.PerClass> perClass, int positive, Function<Metrics.PerClass, @Nullable Double> figure) {
        if (perClass.size() == 2) {
            return figure.apply(perClass.get(positive));
        }
        if (perClass.stream().map(figure).anyMatch(Objects::isNull)) {
            return null;
        }
        return perClass.stream()
                .map(figure)
                .filter(Objects::nonNull)
                .mapToDouble(Double::doubleValue)
                .average()
                .orElseThrow();
    }

    private ClassificationMetrics() {}
}
