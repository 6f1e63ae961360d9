package io.scanstream.trainer.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.scanstream.contracts.model.DecisionRule;
import io.scanstream.contracts.model.Interval;
import io.scanstream.contracts.model.Metrics;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BootstrapTest {
    private static final List<String> CLASSES = List.of("benign", "cancer", "normal");

    @Test
    void weighingEveryImageOnceGivesTheRankingsFigures() {
        Drawn drawn = Drawn.of(200, 5);
        for (int k = 0; k < 3; k++) {
            WeightedRanking weighted = new WeightedRanking(drawn.probabilities, drawn.labels, k);
            int[] once = new int[200];
            Arrays.fill(once, 1);
            weighted.weigh(once);
            Ranking ranking = Ranking.of(drawn.probabilities, drawn.labels, k);

            assertThat(weighted.rocAuc()).isCloseTo(ranking.rocAuc(), within(1e-12));
            assertThat(weighted.averagePrecision()).isCloseTo(ranking.averagePrecision(), within(1e-12));
        }
    }

    @Test
    void weighingIsRepeating() {
        Drawn drawn = Drawn.of(60, 6);
        int[] times = IntStream.range(0, 60).map(i -> i % 3).toArray();
        int[] repeated = IntStream.range(0, 60)
                .flatMap(i -> IntStream.range(0, times[i]).map(again -> i))
                .toArray();
        float[][] probabilities =
                Arrays.stream(repeated).mapToObj(i -> drawn.probabilities[i]).toArray(float[][]::new);
        int[] labels = Arrays.stream(repeated).map(i -> drawn.labels[i]).toArray();
        WeightedRanking weighted = new WeightedRanking(drawn.probabilities, drawn.labels, 1);
        weighted.weigh(times);

        assertThat(weighted.rocAuc())
                .isCloseTo(Ranking.of(probabilities, labels, 1).rocAuc(), within(1e-12));
        assertThat(weighted.averagePrecision())
                .isCloseTo(Ranking.of(probabilities, labels, 1).averagePrecision(), within(1e-12));
    }

    @Test
    void intervalsHoldTheFiguresThemselvesAndAreAsWideAsTheBinomialSays() {
        Drawn drawn = Drawn.of(400, 7);
        Metrics metrics = ClassificationMetrics.of(CLASSES, drawn.probabilities, drawn.labels, 1);

        Map<String, Interval> intervals =
                Bootstrap.ofClassifier(CLASSES, drawn.probabilities, drawn.labels, 1, DecisionRule.MOST_PROBABLE);

        metrics.figures()
                .forEach((name, value) ->
                        assertThat(intervals.get(name).contains(value)).as(name).isTrue());
        double deviation = Math.sqrt(metrics.accuracy() * (1 - metrics.accuracy()) / 400);
        Interval accuracy = intervals.get("accuracy");
        assertThat(accuracy.high() - accuracy.low()).isCloseTo(2 * 1.96 * deviation, within(0.2 * 3.92 * deviation));
        for (Metrics.PerClass one : metrics.perClass()) {
            assertThat(intervals.get("recall/" + one.label()).contains(one.recall()))
                    .isTrue();
        }
    }

    @Test
    void whatMostDrawsLeaveUndefinedHasNoInterval() {
        Map<String, Interval> intervals = Bootstrap.ofClassifier(
                List.of("a", "b"),
                new float[][] {{0.9f, 0.1f}, {0.2f, 0.8f}},
                new int[] {0, 0},
                1,
                DecisionRule.MOST_PROBABLE);

        assertThat(intervals).containsKey("accuracy").doesNotContainKeys("auc", "recall/b");
    }

    @Test
    void whereAllAreRightOrAllWrongTheBinomialSaysWhatSoFewCanShow() {
        // 50 images: 30 of a, all found; 20 of b, all found; c is never there and never decided for.
        float[][] probabilities = new float[50][];
        int[] labels = new int[50];
        for (int i = 0; i < 50; i++) {
            labels[i] = i < 30 ? 0 : 1;
            probabilities[i] = i < 30 ? new float[] {0.9f, 0.06f, 0.04f} : new float[] {0.1f, 0.85f, 0.05f};
        }

        Map<String, Interval> right =
                Bootstrap.ofClassifier(List.of("a", "b", "c"), probabilities, labels, 1, DecisionRule.MOST_PROBABLE);
        Map<String, Interval> wrong = Bootstrap.ofClassifier(
                List.of("a", "b", "c"),
                probabilities,
                Arrays.stream(labels).map(label -> 1 - label).toArray(),
                1,
                DecisionRule.MOST_PROBABLE);

        // Clopper and Pearson: 0.025^(1/50), 0.025^(1/30), 0.025^(1/20).
        assertThat(right.get("accuracy").low()).isCloseTo(0.9288783, within(1e-7));
        assertThat(right.get("accuracy").high()).isEqualTo(1);
        assertThat(right.get("recall/a").low()).isCloseTo(0.8842967, within(1e-7));
        assertThat(right.get("precision/b").low()).isCloseTo(0.8315665, within(1e-7));
        assertThat(right.get("specificity/a").low()).isCloseTo(0.8315665, within(1e-7));
        assertThat(wrong.get("accuracy").low()).isZero();
        assertThat(wrong.get("accuracy").high()).isCloseTo(1 - 0.9288783, within(1e-7));
        assertThat(wrong.get("recall/b").high()).isCloseTo(1 - 0.8842967, within(1e-7));
    }

    @Test
    void meansOfImages() {
        double[] dice = new SplittableRandom(8).doubles(100).toArray();
        Interval interval = Bootstrap.ofMeans(Map.of("dice", dice)).get("dice");

        assertThat(interval.contains(Arrays.stream(dice).average().orElseThrow()))
                .isTrue();
        assertThat(interval.high() - interval.low()).isBetween(0.08, 0.15);
    }

    @Test
    void aDifferenceOnTheSameImagesIsSurerThanItsParts() {
        int images = 200;
        int[] labels = new int[images];
        float[][] better = new float[images][];
        float[][] worse = new float[images][];
        for (int i = 0; i < images; i++) {
            labels[i] = i % 2;
            // Both are wrong on the same 50 images, one of them on 10 more.
            better[i] = answer(labels[i], i >= 50);
            worse[i] = answer(labels[i], i >= 60);
        }
        WeighedImages first = images(better, labels);
        WeighedImages second = images(worse, labels);

        Interval difference = Bootstrap.ofDifference(first, second, "accuracy").orElseThrow();

        assertThat(difference.contains(0.05)).isTrue();
        assertThat(difference.low()).as("beyond doubt").isPositive();
        // The binomial's width of 10 images in 200, where that of the accuracies is 0.12.
        assertThat(difference.high() - difference.low())
                .isCloseTo(2 * 1.96 * Math.sqrt(0.05 * 0.95 / images), within(0.015));
        assertThat(Bootstrap.ofDifference(first, first, "accuracy")).contains(new Interval(0, 0));
        assertThat(Bootstrap.ofDifference(second, first, "accuracy")
                        .orElseThrow()
                        .high())
                .isEqualTo(-difference.low());
    }

    @Test
    void aDifferenceThatIsNotDefinedHasNoInterval() {
        WeighedImages noPositive = images(new float[][] {{0.9f, 0.1f}, {0.2f, 0.8f}}, new int[] {0, 0});

        assertThat(Bootstrap.ofDifference(noPositive, noPositive, "sensitivity"))
                .isEmpty();
        assertThat(Bootstrap.ofDifference(noPositive, noPositive, "specificity"))
                .isPresent();
    }

    private static float[] answer(int label, boolean right) {
        return (label == 1) == right ? new float[] {0.1f, 0.9f} : new float[] {0.9f, 0.1f};
    }

    private static WeighedImages images(float[][] probabilities, int[] labels) {
        return new ClassifiedImages(List.of("a", "b"), 1, DecisionRule.MOST_PROBABLE, probabilities, labels);
    }

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Drawn(float[][] probabilities, int[] labels) {
        /** Noisy answers with many ties. */
        static Drawn of(int images, long seed) {
            SplittableRandom random = new SplittableRandom(seed);
            float[][] logits = new float[images][3];
            int[] labels = new int[images];
            for (int i = 0; i < images; i++) {
                labels[i] = random.nextInt(3);
                for (int k = 0; k < 3; k++) {
                    logits[i][k] = random.nextInt(4) + (labels[i] == k ? 1 : 0);
                }
            }
            return new Drawn(Temperature.probabilities(logits, 1), labels);
        }
    }
}
