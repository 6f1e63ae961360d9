package io.scanstream.trainer.training;

import static org.assertj.core.api.Assertions.assertThat;

import io.scanstream.contracts.recipe.Recipe;
import io.scanstream.trainer.TestScans;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class EpochSelectionTest {

    @Test
    void ofEqualFiguresTheLowerLossIsBetter() {
        EpochSelection selection = new EpochSelection(training(Map.of()));
        EpochRecord best = epoch(1, 0.5, 0.9);

        assertThat(selection.isBetter(epoch(2, 0.4, 0.8), Optional.of(best))).isFalse();
        assertThat(selection.isBetter(epoch(2, 0.4, 0.9), Optional.of(best))).isTrue();
        assertThat(selection.isBetter(epoch(2, 0.5, 0.9), Optional.of(best))).isFalse();
        assertThat(selection.isBetter(epoch(2, 0.9, 0.91), Optional.of(best))).isTrue();
    }

    @Test
    void anyEpochIsBetterThanNoneAndANumberBetterThanNoNumber() {
        EpochSelection selection = new EpochSelection(training(Map.of("training.bestMetric", "loss")));
        EpochRecord broken = epoch(1, Double.NaN, 0.5);

        assertThat(selection.isBetter(broken, Optional.empty())).isTrue();
        assertThat(selection.isBetter(epoch(2, 3, 0.2), Optional.of(broken))).isTrue();
        assertThat(selection.isBetter(broken, Optional.of(epoch(2, 3, 0.2)))).isFalse();
    }

    @Test
    void whereTheMetricCannotBeHadTheLossDecides() {
        EpochSelection selection = new EpochSelection(training(Map.of("training.bestMetric", "auc")));

        assertThat(selection.isBetter(epoch(2, 0.4, 0.9), Optional.of(epoch(1, 0.5, 0.9))))
                .isTrue();
        assertThat(selection.isBetter(epoch(2, 0.6, 0.9), Optional.of(epoch(1, 0.5, 0.9))))
                .isFalse();
    }

    @Test
    void keepsTheLastWhateverItsFiguresAsLongAsItsLossIsANumber() {
        EpochSelection selection = new EpochSelection(training(Map.of("training.keep", "last")));

        assertThat(selection.isBetter(epoch(2, 0.9, 0.1), Optional.of(epoch(1, 0.4, 0.9))))
                .isTrue();
        assertThat(selection.isBetter(epoch(2, Double.NaN, 1), Optional.of(epoch(1, 0.4, 0.9))))
                .isFalse();
    }

    @Test
    void stopsWhenThePatienceIsOver() {
        EpochSelection selection =
                new EpochSelection(training(Map.of("training.earlyStopping", "{patience: 2, minDelta: 0.05}")));

        assertThat(selection.isTimeToStop(losses())).isFalse();
        assertThat(selection.isTimeToStop(losses(1, 0.9, 0.89))).isFalse();
        // 0.86 is better than 0.9, but by less than what counts.
        assertThat(selection.isTimeToStop(losses(1, 0.9, 0.89, 0.86))).isTrue();
        assertThat(selection.isTimeToStop(losses(1, 0.9, 0.89, 0.84))).isFalse();
    }

    private static List<EpochRecord> losses(double... losses) {
        List<EpochRecord> history = new ArrayList<>();
        for (double loss : losses) {
            history.add(epoch(history.size() + 1, loss, 0.5));
        }
        return history;
    }

    private static EpochRecord epoch(int number, double loss, double accuracy) {
        return new EpochRecord(number, 1, Map.of("loss", loss, "accuracy", accuracy), 2, 0, 100, 100);
    }

    private static Recipe.Training training(Map<String, String> replaced) {
        return TestScans.recipe(16, replaced).training();
    }
}
