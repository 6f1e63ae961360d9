package io.scanstream.contracts.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class ScheduleTest {
    private static final int EPOCHS = 10;

    private static double at(Schedule schedule, double epoch, Double... losses) {
        return schedule.factor(new Schedule.Moment(epoch, EPOCHS, List.of(losses)));
    }

    @Test
    void warmsUpAlongALineAndThenLeavesTheRateAlone() {
        Schedule constant = new Schedule.Constant(2);

        assertThat(at(constant, 0)).isEqualTo(0.01);
        assertThat(at(constant, 0.5)).isEqualTo(0.25);
        assertThat(at(constant, 2)).isEqualTo(1);
        assertThat(at(constant, 9.9)).isEqualTo(1);
    }

    @Test
    void theWayUpIsAtMostHalfOfAShortTraining() {
        Schedule.Moment quarter = new Schedule.Moment(0.25, 1, List.of());
        Schedule.Moment end = new Schedule.Moment(1, 1, List.of());

        assertThat(new Schedule.Constant(5).factor(quarter)).isEqualTo(0.5);
        assertThat(new Schedule.Cosine(5, 0).factor(quarter)).isEqualTo(0.5);
        assertThat(new Schedule.Cosine(5, 0).factor(end)).isCloseTo(0, within(1e-12));
    }

    @Test
    void stepsDownAtWholeEpochs() {
        Schedule step = new Schedule.Step(3, 0.5, 0);

        assertThat(at(step, 2.99)).isEqualTo(1);
        assertThat(at(step, 3)).isEqualTo(0.5);
        assertThat(at(step, 9)).isEqualTo(0.125);
    }

    @Test
    void cosineEndsAtItsFloor() {
        Schedule cosine = new Schedule.Cosine(2, 0.1);

        assertThat(at(cosine, 1)).isEqualTo(0.5);
        assertThat(at(cosine, 2)).isEqualTo(1);
        assertThat(at(cosine, 6)).isCloseTo(0.55, within(1e-12));
        assertThat(at(cosine, 10)).isCloseTo(0.1, within(1e-12));
    }

    @Test
    void oneCycleGoesFromItsStartOverThePeakToItsEnd() {
        Schedule oneCycle = new Schedule.OneCycle(0.3, 25, 10_000);

        assertThat(at(oneCycle, 0)).isCloseTo(1 / 25.0, within(1e-12));
        // Half of the way up is the mean of both ends of a half wave.
        assertThat(at(oneCycle, 1.5)).isCloseTo((1 + 1 / 25.0) / 2, within(1e-12));
        assertThat(at(oneCycle, 3)).isCloseTo(1, within(1e-12));
        assertThat(at(oneCycle, 10)).isCloseTo(1 / 250_000.0, within(1e-12));
    }

    @Test
    void reducesWhenTheLossHasNotFallenForLongerThanThePatience() {
        Schedule plateau = new Schedule.ReduceOnPlateau(1, 0.1, 0.0001, 0, 0);

        assertThat(at(plateau, 2, 1.0, 0.9)).isEqualTo(1);
        assertThat(at(plateau, 3, 1.0, 0.9, 0.95)).isEqualTo(1);
        assertThat(at(plateau, 4, 1.0, 0.9, 0.95, 0.9)).isEqualTo(0.1);
        // After a reduction the waiting begins anew.
        assertThat(at(plateau, 5, 1.0, 0.9, 0.95, 0.9, 0.9)).isEqualTo(0.1);
        assertThat(at(plateau, 6, 1.0, 0.9, 0.95, 0.9, 0.9, 0.9)).isCloseTo(0.01, within(1e-12));
        assertThat(at(plateau, 7, 1.0, 0.9, 0.95, 0.9, 0.9, 0.9, 0.5)).isCloseTo(0.01, within(1e-12));
    }

    @Test
    void aLossThatIsNoNumberIsNoProgress() {
        Schedule plateau = new Schedule.ReduceOnPlateau(0, 0.5, 0, 0.4, 0);

        assertThat(at(plateau, 1, Double.NaN)).isEqualTo(0.5);
        assertThat(at(plateau, 2, Double.NaN, Double.NaN)).as("the floor").isEqualTo(0.4);
    }
}
