package io.scanstream.contracts.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class ConfusionTest {
    @Test
    void givesTheTextbookFigures() {
        Confusion confusion = new Confusion(List.of("a", "b", "c"));
        int[][] decisions = {{0, 0}, {0, 0}, {0, 1}, {1, 1}, {1, 2}, {2, 2}, {2, 2}, {2, 0}};
        for (int[] one : decisions) {
            confusion.add(one[0], one[1]);
        }

        assertThat(confusion.total()).isEqualTo(8);
        assertThat(confusion.counts()).containsExactly(List.of(2L, 1L, 0L), List.of(0L, 1L, 1L), List.of(1L, 0L, 2L));
        assertThat(confusion.accuracy()).isEqualTo(5.0 / 8);
        Metrics.PerClass b = confusion.perClass().get(1);
        assertThat(b.images()).isEqualTo(2);
        assertThat(b.precision()).isEqualTo(0.5);
        assertThat(b.recall()).isEqualTo(0.5);
        assertThat(confusion.macroF1()).isCloseTo((2.0 / 3 + 0.5 + 2.0 / 3) / 3, within(1e-12));
    }

    @Test
    void isZeroWhereNothingIsDefined() {
        Confusion confusion = new Confusion(List.of("a", "b"));

        assertThat(confusion.accuracy()).isZero();
        confusion.add(0, 0);
        assertThat(confusion.perClass().get(1)).isEqualTo(new Metrics.PerClass("b", 0, 0, 0, 0, 1.0, null, null));
        assertThat(confusion.macroF1()).isEqualTo(0.5);
        assertThat(confusion.balancedAccuracy()).isEqualTo(1);
    }
}
