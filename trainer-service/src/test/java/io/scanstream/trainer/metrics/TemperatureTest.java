package io.scanstream.trainer.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class TemperatureTest {
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Sample(float[][] logits, int[] labels) {}

    /** Labels drawn from the softmax of logits, which are then multiplied: a network too sure of itself by that factor. */
    private static Sample overconfident(double factor, int images, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[][] logits = new float[images][3];
        int[] labels = new int[images];
        for (int i = 0; i < images; i++) {
            for (int k = 0; k < 3; k++) {
                logits[i][k] = (float) (random.nextDouble() * 4 - 2);
            }
            float[] probabilities = Temperature.probabilities(new float[][] {logits[i]}, 1)[0];
            double drawn = random.nextDouble();
            labels[i] = drawn < probabilities[0] ? 0 : drawn < probabilities[0] + probabilities[1] ? 1 : 2;
            for (int k = 0; k < 3; k++) {
                logits[i][k] *= (float) factor;
            }
        }
        return new Sample(logits, labels);
    }

    @Test
    void findsByHowMuchANetworkIsTooSureOrTooUnsure() {
        Sample tooSure = overconfident(3, 4000, 1);
        Sample tooUnsure = overconfident(0.5, 4000, 2);

        assertThat(Temperature.fit(tooSure.logits, tooSure.labels)).isCloseTo(3, within(0.25));
        assertThat(Temperature.fit(tooUnsure.logits, tooUnsure.labels)).isCloseTo(0.5, within(0.05));
    }

    @Test
    void doesNotDependOnTheOrderOfEqualImagesAndRepeats() {
        Sample sample = overconfident(2, 300, 3);

        assertThat(Temperature.fit(sample.logits, sample.labels))
                .isEqualTo(Temperature.fit(sample.logits, sample.labels));
    }

    @Test
    void leavesAloneWhatItCouldNotImprove() {
        int harmed = 0;
        for (int seed = 0; seed < 20; seed++) {
            Sample calibrated = overconfident(1, 60, 100 + seed);
            Sample fresh = overconfident(1, 2000, 200 + seed);
            double temperature = Temperature.fit(calibrated.logits, calibrated.labels);
            double before = logLoss(fresh, 1);
            double after = logLoss(fresh, temperature);
            harmed += after > before * 1.05 ? 1 : 0;
        }
        assertThat(harmed).as("of 20 networks that were calibrated").isLessThanOrEqualTo(1);
    }

    @Test
    void staysFiniteWhereEveryImageIsRight() {
        float[][] logits = new float[40][];
        int[] labels = new int[40];
        for (int i = 0; i < 40; i++) {
            labels[i] = i % 2;
            logits[i] = i % 2 == 0 ? new float[] {9, 0} : new float[] {0, 9};
        }

        assertThat(Temperature.fit(logits, labels)).isBetween(0.2, 1.0);
    }

    @Test
    void tooFewImagesChangeNothing() {
        assertThat(Temperature.fit(new float[][] {{9, 0}, {9, 0}}, new int[] {0, 1}))
                .isEqualTo(1);
    }

    @Test
    void aSingleLogitIsTheDifferenceOfTwo() {
        float[][] two = Temperature.ofTwo(new float[][] {{2}}, 0);

        assertThat(Temperature.probabilities(two, 2)[0][0]).isCloseTo((float) (1 / (1 + Math.exp(-1))), within(1e-6f));
        assertThat(Temperature.probabilities(two, 2)[0][1]).isCloseTo((float) (1 / (1 + Math.exp(1))), within(1e-6f));
    }

    private static double logLoss(Sample sample, double temperature) {
        return ReliabilityDiagram.of(Temperature.probabilities(sample.logits, temperature), sample.labels)
                .figures()
                .logLoss();
    }
}
