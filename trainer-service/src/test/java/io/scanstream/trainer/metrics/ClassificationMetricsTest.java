package io.scanstream.trainer.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.scanstream.contracts.model.Metrics;
import java.util.List;
import org.junit.jupiter.api.Test;

class ClassificationMetricsTest {

    @Test
    void countsByHand() {
        float[][] probabilities = {{.7f, .2f, .1f}, {.1f, .8f, .1f}, {.3f, .3f, .4f}, {.2f, .5f, .3f}, {.6f, .3f, .1f}};
        int[] labels = {0, 1, 2, 2, 1};
        Metrics metrics = ClassificationMetrics.of(List.of("a", "b", "c"), probabilities, labels, 1);
        assertThat(metrics.images()).isEqualTo(5);
        assertThat(metrics.accuracy()).isCloseTo(0.6, within(1e-12));
        assertThat(metrics.confusion()).containsExactly(List.of(1L, 0L, 0L), List.of(1L, 1L, 0L), List.of(0L, 1L, 1L));
        assertThat(metrics.perClass().get(0).precision()).isCloseTo(0.5, within(1e-12));
        assertThat(metrics.perClass().get(0).recall()).isEqualTo(1);
        assertThat(metrics.perClass().get(2).precision()).isEqualTo(1);
        assertThat(metrics.perClass().get(2).recall()).isEqualTo(0.5);
        assertThat(metrics.macroF1()).isCloseTo((2.0 / 3 + 0.5 + 2.0 / 3) / 3, within(1e-9));
        double logs = Math.log(.7) + Math.log(.8) + Math.log(.4) + Math.log(.3) + Math.log(.3);
        assertThat(metrics.logLoss()).isCloseTo(-logs / 5, within(1e-6));
    }

    @Test
    void rocAucSharesTiesAndFollowsThePositiveClass() {
        float[][] probabilities = {{.9f, .1f}, {.5f, .5f}, {.5f, .5f}, {.2f, .8f}};
        int[] labels = {0, 0, 1, 1};
        assertThat(ClassificationMetrics.of(List.of("a", "b"), probabilities, labels, 1)
                        .rocAuc())
                .isEqualTo(0.875);
        assertThat(ClassificationMetrics.of(List.of("a", "b"), probabilities, labels, 0)
                        .rocAuc())
                .isEqualTo(0.875);
        float[][] upsideDown = {{.1f, .9f}, {.2f, .8f}, {.7f, .3f}, {.9f, .1f}};
        assertThat(ClassificationMetrics.of(List.of("a", "b"), upsideDown, labels, 1)
                        .rocAuc())
                .isZero();
    }

    @Test
    void rocAucIsAbsentWhereAClassHasNoImage() {
        float[][] probabilities = {{.9f, .05f, .05f}, {.1f, .8f, .1f}};
        Metrics metrics = ClassificationMetrics.of(List.of("a", "b", "c"), probabilities, new int[] {0, 1}, 1);
        assertThat(metrics.rocAuc()).isNull();
        assertThat(metrics.perClass().get(2).f1()).isZero();
    }

    @Test
    void aCertainMistakeHasAFiniteLogLoss() {
        Metrics metrics =
                ClassificationMetrics.of(List.of("a", "b"), new float[][] {{1, 0}, {0, 1}}, new int[] {1, 1}, 1);
        assertThat(metrics.logLoss()).isFinite().isGreaterThan(10);
    }

    @Test
    void averagePrecisionByHand() {
        // Ranked: hit, miss, then a hit and a miss that tie, then a hit.
        float[][] probabilities = {{.1f, .9f}, {.2f, .8f}, {.5f, .5f}, {.5f, .5f}, {.7f, .3f}};
        int[] labels = {1, 0, 1, 0, 1};
        Metrics metrics = ClassificationMetrics.of(List.of("a", "b"), probabilities, labels, 1);
        double expected = (1.0 + 2.0 / 4 + 3.0 / 5) / 3;
        assertThat(metrics.averagePrecision()).isCloseTo(expected, within(1e-12));
        assertThat(metrics.perClass().get(1).averagePrecision()).isCloseTo(expected, within(1e-12));
        assertThat(metrics.perClass().get(1).specificity()).isEqualTo(0.5);
        assertThat(metrics.balancedAccuracy()).isCloseTo((0.5 + 1.0 / 3) / 2, within(1e-12));
        assertThat(metrics.perClass().get(0).rocAuc()).isEqualTo(metrics.rocAuc());
    }

    @Test
    void figuresOfADivergedNetworkAreStillComputed() {
        float[][] probabilities = {{Float.NaN, Float.NaN}, {Float.NaN, Float.NaN}, {.4f, .6f}};
        Metrics metrics = ClassificationMetrics.of(List.of("a", "b"), probabilities, new int[] {0, 1, 1}, 1);
        assertThat(metrics.logLoss()).isNaN();
        assertThat(metrics.rocAuc()).isEqualTo(0.25);
    }
}
