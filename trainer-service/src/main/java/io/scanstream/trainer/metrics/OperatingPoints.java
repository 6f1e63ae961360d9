package io.scanstream.trainer.metrics;

import io.scanstream.contracts.model.DecisionRule;
import io.scanstream.contracts.model.OperatingPoint;
import io.scanstream.contracts.model.Referral;
import io.scanstream.contracts.recipe.OperatingRule;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Chooses the threshold of the positive class, and which decisions are sure enough, from the probabilities of validation
 * images.
 */
public final class OperatingPoints {
    private static final int CURVE_POINTS = 20;

    private final double[] positives;
    private final double[] negatives;

    /**
     * Looks at images.
     *
     * @param probabilities {@code [images][classes]}
     * @param labels true class of each image
     * @param positive index of the positive class
     */
    public OperatingPoints(float[][] probabilities, int[] labels, int positive) {
        positives = scores(probabilities, labels, positive, true);
        negatives = scores(probabilities, labels, positive, false);
    }

    private static double[] scores(float[][] probabilities, int[] labels, int positive, boolean ofIt) {
        return IntStream.range(0, labels.length)
                .filter(i -> (labels[i] == positive) == ofIt)
                .mapToDouble(i -> probabilities[i][positive])
                .sorted()
                .toArray();
    }

    /**
     * Chooses a threshold.
     *
     * @param testPositives how many test images are of the positive class
     * @param testNegatives how many are not
     * @return absent where there is no image to choose by
     */
    public @Nullable OperatingPoint choose(OperatingRule rule, int testPositives, int testNegatives) {
        if (rule instanceof OperatingRule.Cost cost) {
            return point(rule, cost.threshold(), null);
        }
        if (rule instanceof OperatingRule.Sensitivity sensitivity) {
            int n = positives.length;
            if (n == 0) {
                return null;
            }
            int k = rank(n, sensitivity.atLeast());
            double at = positives[k - 1];
            return point(rule, between(highestBelow(at), at), expected(n, k, testPositives));
        }
        OperatingRule.Specificity specificity = (OperatingRule.Specificity) rule;
        int n = negatives.length;
        if (n == 0) {
            return null;
        }
        int k = rank(n, specificity.atLeast());
        double at = negatives[n - k];
        return point(rule, between(at, lowestAbove(at)), expected(n, k, testNegatives));
    }

    /**
     * Of n scores the k-th on the way out, so that the mean share of new ones on the right side, (n + 1 − k) / (n + 1), is
     * what is asked for or more. Too few images for it: the outermost.
     */
    private static int rank(int n, double atLeast) {
        return Math.max(1, (int) Math.floor((n + 1) * (1 - atLeast) + 1e-9));
    }

    private static OperatingPoint.@Nullable Expected expected(int n, int k, int trials) {
        BetaBinomial found = new BetaBinomial(trials, n + 1 - k, k);
        return trials == 0 ? null : new OperatingPoint.Expected(found.mean(), found.interval());
    }

    private OperatingPoint point(OperatingRule rule, double threshold, OperatingPoint.@Nullable Expected expected) {
        return new OperatingPoint(rule, threshold, rates(threshold), expected, null);
    }

    /** What a threshold gives for the images that are looked at. */
    public OperatingPoint.Rates rates(double threshold) {
        long found =
                DoubleStream.of(positives).filter(score -> score >= threshold).count();
        long alarms =
                DoubleStream.of(negatives).filter(score -> score >= threshold).count();
        return new OperatingPoint.Rates(
                positives.length,
                negatives.length,
                positives.length == 0 ? null : (double) found / positives.length,
                negatives.length == 0 ? null : 1 - (double) alarms / negatives.length);
    }

    /** Half way, so that what another processor rounds otherwise does not fall on the other side. */
    private static double between(double low, double high) {
        double middle = (low + high) / 2;
        return middle > low ? middle : high;
    }

    private double highestBelow(double score) {
        return DoubleStream.concat(DoubleStream.of(positives), DoubleStream.of(negatives))
                .filter(other -> other < score)
                .max()
                .orElse(0);
    }

    private double lowestAbove(double score) {
        return DoubleStream.concat(DoubleStream.of(positives), DoubleStream.of(negatives))
                .filter(other -> other > score)
                .min()
                .orElse(1);
    }

    /** Decisions from the surest to the least sure. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Ranked(double[] confidences, boolean[] right) {
        static Ranked of(float[][] probabilities, int[] labels, DecisionRule rule) {
            int[] decided = IntStream.range(0, labels.length)
                    .map(i -> rule.decide(probabilities[i]))
                    .toArray();
            List<Integer> order = IntStream.range(0, labels.length)
                    .boxed()
                    .sorted(Comparator.comparingDouble((Integer i) -> probabilities[i][decided[i]])
                            .reversed())
                    .toList();
            double[] confidences = new double[labels.length];
            boolean[] right = new boolean[labels.length];
            for (int i = 0; i < confidences.length; i++) {
                int image = order.get(i);
                confidences[i] = probabilities[image][decided[image]];
                right[i] = decided[image] == labels[image];
            }
            return new Ranked(confidences, right);
        }

        Referral.Kept kept(int count) {
            long hits = IntStream.range(0, count).filter(i -> right[i]).count();
            return new Referral.Kept((double) count / right.length, count == 0 ? null : (double) hits / count);
        }

        Referral.Kept keptFrom(double confidence) {
            return kept((int) DoubleStream.of(confidences)
                    .filter(own -> own >= confidence)
                    .count());
        }
    }

    /**
     * Chooses the confidence below which scans are referred: the lowest that leaves decisions of an accuracy. Where none
     * does, all but decisions without any doubt are referred.
     *
     * @param accuracy that is asked for
     */
    public static Referral refer(double accuracy, float[][] probabilities, int[] labels, DecisionRule rule) {
        Ranked ranked = Ranked.of(probabilities, labels, rule);
        double confidence = 1;
        int hits = 0;
        for (int i = 0; i < ranked.right.length; i++) {
            hits += ranked.right[i] ? 1 : 0;
            double next = i + 1 < ranked.right.length ? ranked.confidences[i + 1] : 0;
            if (next < ranked.confidences[i] && hits >= accuracy * (i + 1)) {
                confidence = between(next, ranked.confidences[i]);
            }
        }
        return new Referral(accuracy, confidence, ranked.keptFrom(confidence), null, List.of());
    }

    /** A referral with what it gives on test images beside it. */
    public static Referral tested(Referral chosen, float[][] probabilities, int[] labels, DecisionRule rule) {
        Ranked ranked = Ranked.of(probabilities, labels, rule);
        List<Referral.Kept> curve = new ArrayList<>();
        for (int point = 1; point <= CURVE_POINTS; point++) {
            int count = (int) Math.ceil((double) labels.length * point / CURVE_POINTS);
            curve.add(ranked.kept(count));
        }
        return new Referral(
                chosen.accuracy(),
                chosen.confidence(),
                chosen.validation(),
                ranked.keptFrom(chosen.confidence()),
                curve);
    }
}
