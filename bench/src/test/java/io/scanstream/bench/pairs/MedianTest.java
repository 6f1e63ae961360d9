package io.scanstream.bench.pairs;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MedianTest {
    @Test
    void isTheMiddleOrTheMeanOfTheTwoInTheMiddle() {
        assertThat(Median.of(List.of(3.0, 1.0, 2.0))).isEqualTo(2);
        assertThat(Median.of(List.of(4.0, 1.0, 2.0, 3.0))).isEqualTo(2.5);
    }

    @Test
    void theIntervalOfFewValuesIsTheirRange() {
        assertThat(Median.interval(List.of(1.2, 0.9, 1.0))).containsExactly(0.9, 1.2);
    }

    /** Of the sign test's tables. */
    @ParameterizedTest
    @CsvSource({"1, 0", "5, 0", "7, 0", "8, 0", "9, 1", "11, 1", "12, 2", "15, 3", "20, 5"})
    void leavesTheMediansIntervalOfAtLeast95Percent(int values, int outside) {
        assertThat(Median.outside(values)).isEqualTo(outside);
    }
}
