package io.scanstream.trainer.metrics;

import io.scanstream.contracts.model.Confusion;
import io.scanstream.contracts.model.DecisionRule;
import io.scanstream.contracts.model.Interval;
import io.scanstream.contracts.model.Metrics;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Intervals by the bootstrap (Efron, 1979): images are drawn with replacement, the figures computed anew, and the middle
 * 95 % of 1,000 such draws is the interval. The draws are the same for the same number of images. A figure that more than
 * half of the draws leave undefined has no interval.
 *
 * <p>Where all of the images that a share is of are right, or all wrong, every draw says the same, however few they are. Such
 * a share has the exact interval of the binomial instead (Clopper and Pearson, 1934): all of n right is from {@code 0.025^(1/n)}
 * to 1.
 */
public final class Bootstrap {
    private static final int DRAWS = 1000;
    private static final long SEED = 0xb007;
    private static final double TAIL = (1 - Interval.LEVEL) / 2;

    /**
     * Of a classifier's figures, under the names of {@link Metrics#intervals}.
     *
     * @param probabilities {@code [images][classes]}
     * @param labels true class of each image
     * @param positive index of the positive class, for two classes
     */
    public static Map<String, Interval> ofClassifier(
            List<String> classes, float[][] probabilities, int[] labels, int positive, DecisionRule rule) {
        int[] decided = Arrays.stream(probabilities).mapToInt(rule::decide).toArray();
        double[] losses = IntStream.range(0, labels.length)
                .mapToDouble(i -> ClassificationMetrics.logLoss(probabilities[i][labels[i]]))
                .toArray();
        int[] ranked = classes.size() == 2
                ? new int[] {positive}
                : IntStream.range(0, classes.size()).toArray();
        List<WeightedRanking> rankings = Arrays.stream(ranked)
                .mapToObj(k -> new WeightedRanking(probabilities, labels, k))
                .toList();
        Samples samples = new Samples();
        draw(labels.length, times -> {
            Confusion confusion = new Confusion(classes);
            double loss = 0;
            for (int i = 0; i < labels.length; i++) {
                confusion.add(labels[i], decided[i], times[i]);
                loss += losses[i] * times[i];
            }
            samples.add("accuracy", confusion.accuracy());
            samples.add("macroF1", confusion.macroF1());
            samples.add("balancedAccuracy", confusion.balancedAccuracy());
            samples.add("logLoss", loss / labels.length);
            rankings.forEach(ranking -> ranking.weigh(times));
            samples.add("auc", mean(rankings, WeightedRanking::rocAuc));
            samples.add("averagePrecision", mean(rankings, WeightedRanking::averagePrecision));
            for (Metrics.PerClass one : confusion.perClass()) {
                boolean some = one.images() > 0;
                boolean others = one.images() < labels.length;
                samples.add("recall/" + one.label(), some ? one.recall() : Double.NaN);
                samples.add("specificity/" + one.label(), others ? one.specificity() : Double.NaN);
                samples.add("precision/" + one.label(), one.precision());
            }
        });
        Map<String, Interval> intervals = samples.intervals();
        Confusion all = new Confusion(classes);
        for (int i = 0; i < labels.length; i++) {
            all.add(labels[i], decided[i]);
        }
        exactAtTheEnds(intervals, all);
        return intervals;
    }

    private static void exactAtTheEnds(Map<String, Interval> intervals, Confusion all) {
        long images = all.total();
        exactAtTheEnds(intervals, "accuracy", all.accuracy(), images);
        for (Metrics.PerClass one : all.perClass()) {
            exactAtTheEnds(intervals, "recall/" + one.label(), one.recall(), one.images());
            exactAtTheEnds(intervals, "specificity/" + one.label(), one.specificity(), images - one.images());
            exactAtTheEnds(intervals, "precision/" + one.label(), one.precision(), all.decidedFor(one.label()));
        }
    }

    /** @param of how many images the share is of; where there are none it is not defined */
    private static void exactAtTheEnds(Map<String, Interval> intervals, String name, @Nullable Double share, long of) {
        if (share != null && of > 0 && (share == 0 || share == 1)) {
            double least = Math.pow(TAIL, 1.0 / of);
            Interval exact = share == 1 ? new Interval(least, 1) : new Interval(0, 1 - least);
            intervals.computeIfPresent(name, (any, drawn) -> exact);
        }
    }

    /**
     * Of means over images.
     *
     * @param values by name, one for each image
     */
    public static Map<String, Interval> ofMeans(Map<String, double[]> values) {
        Samples samples = new Samples();
        int images = values.values().iterator().next().length;
        draw(
                images,
                times -> values.forEach((name, each) -> {
                    double sum = 0;
                    for (int i = 0; i < images; i++) {
                        sum += each[i] * times[i];
                    }
                    samples.add(name, sum / images);
                }));
        return samples.intervals();
    }

    /**
     * Of the difference of two models' figures on the same images, first less second: in each draw both count the same
     * images (the paired bootstrap). Empty where the figure is undefined in more than half of the draws.
     *
     * @param figure by the names of {@link WeighedImages#figure}
     * @throws IllegalArgumentException if the two have not seen as many images
     */
    public static Optional<Interval> ofDifference(WeighedImages first, WeighedImages second, String figure) {
        if (first.images() != second.images()) {
            throw new IllegalArgumentException(
                    first.images() + " and " + second.images() + " images are not the same ones");
        }
        Samples samples = new Samples();
        draw(first.images(), times -> samples.add(figure, first.figure(figure, times) - second.figure(figure, times)));
        return Optional.ofNullable(samples.intervals().get(figure));
    }

    private interface Draw {
        /** @param times how often each image was drawn */
        void see(int[] times);
    }

    private static void draw(int images, Draw draw) {
        SplittableRandom random = new SplittableRandom(SEED);
        int[] times = new int[images];
        for (int d = 0; d < DRAWS; d++) {
            Arrays.fill(times, 0);
            for (int i = 0; i < images; i++) {
                times[random.nextInt(images)]++;
            }
            draw.see(times);
        }
    }

    private static double mean(List<WeightedRanking> rankings, ToDoubleFunction<WeightedRanking> figure) {
        return rankings.stream().mapToDouble(figure).average().orElse(Double.NaN);
    }

    /** What the draws gave, by name. */
    private static final class Samples {
        private final Map<String, List<Double>> values = new LinkedHashMap<>();

        void add(String name, double value) {
            List<Double> ofName = values.computeIfAbsent(name, any -> new ArrayList<>());
            if (Double.isFinite(value)) {
                ofName.add(value);
            }
        }

        Map<String, Interval> intervals() {
            Map<String, Interval> intervals = new LinkedHashMap<>();
            values.forEach((name, ofName) -> {
                if (ofName.size() > DRAWS / 2) {
                    double[] sorted = ofName.stream()
                            .mapToDouble(Double::doubleValue)
                            .sorted()
                            .toArray();
                    intervals.put(name, new Interval(quantile(sorted, TAIL), quantile(sorted, 1 - TAIL)));
                }
            });
            return intervals;
        }

        /** Between the two nearest, as NumPy's default. */
        private static double quantile(double[] sorted, double share) {
            double at = share * (sorted.length - 1);
            int below = (int) Math.floor(at);
            int above = Math.min(sorted.length - 1, below + 1);
            return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
        }
    }
}
