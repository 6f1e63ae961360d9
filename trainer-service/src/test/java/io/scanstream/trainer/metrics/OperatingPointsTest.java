package io.scanstream.trainer.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.scanstream.contracts.model.DecisionRule;
import io.scanstream.contracts.model.Interval;
import io.scanstream.contracts.model.OperatingPoint;
import io.scanstream.contracts.model.Referral;
import io.scanstream.contracts.recipe.OperatingRule;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class OperatingPointsTest {
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Scores(float[][] probabilities, int[] labels) {
        static Scores draw(int images, SplittableRandom random) {
            float[][] probabilities = new float[images][];
            int[] labels = new int[images];
            for (int i = 0; i < images; i++) {
                labels[i] = random.nextInt(2);
                // Skewed, and not calibrated at all: nothing depends on it.
                double score = Math.pow(random.nextDouble(), labels[i] == 1 ? 0.4 : 2);
                probabilities[i] = new float[] {(float) (1 - score), (float) score};
            }
            return new Scores(probabilities, labels);
        }

        OperatingPoints points() {
            return new OperatingPoints(probabilities, labels, 1);
        }

        int count(int label) {
            return (int) IntStream.of(labels).filter(one -> one == label).count();
        }
    }

    @Test
    void betaBinomialIsADistributionWithTheMeanOfItsBeta() {
        BetaBinomial found = new BetaBinomial(40, 57, 4);

        double sum = IntStream.rangeClosed(0, 40).mapToDouble(found::chance).sum();
        double mean = IntStream.rangeClosed(0, 40)
                .mapToDouble(x -> x * found.chance(x) / 40)
                .sum();

        assertThat(sum).isCloseTo(1, within(1e-9));
        assertThat(mean).isCloseTo(found.mean(), within(1e-9));
        // With one success and one failure seen before every count is equally likely.
        assertThat(new BetaBinomial(4, 1, 1).chance(3)).isCloseTo(0.2, within(1e-12));
    }

    @Test
    void theIntervalHoldsTheSensitivityOfFreshImages() {
        for (OperatingRule rule : new OperatingRule[] {
            new OperatingRule.Sensitivity(0.9), new OperatingRule.Specificity(0.8), new OperatingRule.Sensitivity(0.95)
        }) {
            int hit = 0;
            double mean = 0;
            for (int seed = 0; seed < 400; seed++) {
                SplittableRandom random = new SplittableRandom(seed);
                Scores validation = Scores.draw(150, random);
                Scores test = Scores.draw(200, random);
                OperatingPoint point = validation.points().choose(rule, test.count(1), test.count(0));
                OperatingPoint.Rates rates = test.points().rates(point.threshold());
                double rate = rule instanceof OperatingRule.Specificity ? rates.specificity() : rates.sensitivity();
                hit += point.expected().interval().contains(rate) ? 1 : 0;
                mean += (rate - point.expected().rate()) / 400;
            }

            assertThat(hit / 400.0).as(rule + "").isBetween(0.93, 1.0);
            assertThat(mean).as(rule + "").isCloseTo(0, within(0.01));
        }
    }

    @Test
    void aimsAtWhatIsAskedForAndNotFarAboveIt() {
        Scores validation = Scores.draw(400, new SplittableRandom(1));

        OperatingPoint point = validation.points().choose(new OperatingRule.Sensitivity(0.9), 100, 100);

        assertThat(point.expected().rate()).isBetween(0.9, 0.91);
        assertThat(point.validation().sensitivity()).isBetween(0.9, 0.915);
    }

    @Test
    void tooFewPositivesGiveTheLowestOfThemAndSaySo() {
        float[][] probabilities = {{0.4f, 0.6f}, {0.7f, 0.3f}, {0.9f, 0.1f}};
        OperatingPoints points = new OperatingPoints(probabilities, new int[] {1, 1, 0}, 1);

        OperatingPoint point = points.choose(new OperatingRule.Sensitivity(0.99), 10, 10);

        assertThat(point.threshold()).isCloseTo(0.2, within(1e-6));
        assertThat(point.validation().sensitivity()).isEqualTo(1);
        assertThat(point.expected().rate()).isCloseTo(2 / 3.0, within(1e-9));
        assertThat(new OperatingPoints(probabilities, new int[] {0, 0, 0}, 1)
                        .choose(new OperatingRule.Sensitivity(0.9), 1, 1))
                .isNull();
    }

    @Test
    void costNeedsNoImages() {
        OperatingPoint point =
                new OperatingPoints(new float[0][], new int[0], 1).choose(new OperatingRule.Cost(9), 1, 1);

        assertThat(point.threshold()).isCloseTo(0.1, within(1e-12));
        assertThat(point.expected()).isNull();
    }

    @Test
    void aSmallTestSplitHasAWideInterval() {
        Scores validation = Scores.draw(150, new SplittableRandom(3));
        OperatingRule rule = new OperatingRule.Sensitivity(0.9);

        Interval small = validation.points().choose(rule, 10, 10).expected().interval();
        Interval large = validation.points().choose(rule, 1000, 10).expected().interval();

        assertThat(small.high() - small.low()).isGreaterThan(large.high() - large.low());
    }

    @Test
    void refersTheLessSureSoThatTheOthersAreRightOftenEnough() {
        float[][] probabilities = {{0.95f, 0.05f}, {0.1f, 0.9f}, {0.8f, 0.2f}, {0.7f, 0.3f}, {0.55f, 0.45f}};
        int[] labels = {0, 1, 0, 1, 1};

        Referral referral = OperatingPoints.refer(0.9, probabilities, labels, DecisionRule.MOST_PROBABLE);

        assertThat(referral.confidence()).isCloseTo(0.75, within(1e-6));
        assertThat(referral.validation()).isEqualTo(new Referral.Kept(0.6, 1.0));
        Referral tested = OperatingPoints.tested(referral, probabilities, labels, DecisionRule.MOST_PROBABLE);
        assertThat(tested.test()).isEqualTo(new Referral.Kept(0.6, 1.0));
        assertThat(tested.curve().get(tested.curve().size() - 1)).isEqualTo(new Referral.Kept(1, 0.6));
    }

    @Test
    void whereNothingIsSureEnoughAllAreReferred() {
        Referral referral =
                OperatingPoints.refer(0.9, new float[][] {{0.9f, 0.1f}}, new int[] {1}, DecisionRule.MOST_PROBABLE);

        assertThat(referral.confidence()).isEqualTo(1);
        assertThat(referral.validation()).isEqualTo(new Referral.Kept(0, null));
    }
}
