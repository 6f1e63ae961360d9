package io.scanstream.trainer.metrics;

import io.scanstream.contracts.model.Confusion;
import io.scanstream.contracts.model.DecisionRule;
import io.scanstream.contracts.model.Metrics;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/** A classifier's answers. Not thread-safe. */
public final class ClassifiedImages implements WeighedImages {
    private final List<String> classes;
    private final int positive;
    private final int[] labels;
    private final int[] decided;
    private final List<WeightedRanking> rankings;

    /**
     * Decides and ranks.
     *
     * @param positive index of the positive class; -1: there is none, and for two classes the second is ranked
     * @param probabilities {@code [images][classes]}
     * @param labels true class of each image
     */
    public ClassifiedImages(
            List<String> classes, int positive, DecisionRule rule, float[][] probabilities, int[] labels) {
        this.classes = List.copyOf(classes);
        this.positive = positive;
        this.labels = labels.clone();
        this.decided = Arrays.stream(probabilities).mapToInt(rule::decide).toArray();
        int[] ranked = classes.size() == 2
                ? new int[] {positive < 0 ? 1 : positive}
                : IntStream.range(0, classes.size()).toArray();
        this.rankings = Arrays.stream(ranked)
                .mapToObj(k -> new WeightedRanking(probabilities, labels, k))
                .toList();
    }

    @Override
    public int images() {
        return labels.length;
    }

    @Override
    public double figure(String name, int[] times) {
        return switch (name) {
            case "accuracy" -> confusion(times).accuracy();
            case "balancedAccuracy" -> confusion(times).balancedAccuracy();
            case "macroF1" -> confusion(times).macroF1();
            case "sensitivity" -> ofPositive(times, Metrics.PerClass::recall, true);
            case "specificity" ->
                ofPositive(times, one -> one.specificity() == null ? Double.NaN : one.specificity(), false);
            case "auc" -> ranked(times, WeightedRanking::rocAuc);
            case "averagePrecision" -> ranked(times, WeightedRanking::averagePrecision);
            default -> throw new IllegalArgumentException("classified images have no figure '" + name + "'");
        };
    }

    private Confusion confusion(int[] times) {
        Confusion confusion = new Confusion(classes);
        for (int i = 0; i < labels.length; i++) {
            confusion.add(labels[i], decided[i], times[i]);
        }
        return confusion;
    }

    /** @param ofItsImages whether the rate is one of the positive class's images, or of the others */
    private double ofPositive(int[] times, ToDoubleFunction<Metrics.PerClass> rate, boolean ofItsImages) {
        if (positive < 0) {
            throw new IllegalArgumentException("no class of " + classes + " is the positive one");
        }
        Confusion confusion = confusion(times);
        Metrics.PerClass one = confusion.perClass().get(positive);
        long counted = ofItsImages ? one.images() : confusion.total() - one.images();
        return counted == 0 ? Double.NaN : rate.applyAsDouble(one);
    }

    private double ranked(int[] times, ToDoubleFunction<WeightedRanking> figure) {
        rankings.forEach(ranking -> ranking.weigh(times));
        return rankings.stream().mapToDouble(figure).average().orElse(Double.NaN);
    }
}
