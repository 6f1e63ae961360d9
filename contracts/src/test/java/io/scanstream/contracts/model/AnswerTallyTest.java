package io.scanstream.contracts.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class AnswerTallyTest {
    private static final List<String> CLASSES = List.of("benign", "cancer");

    @Test
    void countsWhereEachAnswerLies() {
        AnswerTally tally = new AnswerTally(CLASSES, 10.0);

        tally.add(new double[] {0.31, 0.69}, 1, 12.0);
        tally.add(new double[] {1, 0}, 0, 10_000.0);
        tally.add(new double[] {0.6, 0.4}, 1, 0.0);

        AnswerHistogram answers = tally.histogram();
        assertThat(answers.scans()).isEqualTo(3);
        assertThat(answers.decisions()).isEqualTo(Map.of("benign", 1L, "cancer", 2L));
        assertThat(places(answers.confidence())).containsExactly(20, 34, 49);
        assertThat(places(answers.probabilities().get("benign"))).containsExactly(15, 30, 49);
        assertThat(places(answers.probabilities().get("cancer"))).containsExactly(0, 20, 34);
        assertThat(places(answers.distance())).containsExactly(0, 12, 30);
    }

    @Test
    void countsAddUp() {
        AnswerTally here = new AnswerTally(CLASSES, null);
        here.add(new double[] {0.3, 0.7}, 1, null);
        AnswerTally there = new AnswerTally(CLASSES, null);
        there.add(new double[] {0.9, 0.1}, 0, 5.0);

        AnswerHistogram both = here.histogram().plus(there.histogram());

        assertThat(both.scans()).isEqualTo(2);
        assertThat(both.decisions()).isEqualTo(Map.of("benign", 1L, "cancer", 1L));
        assertThat(places(both.confidence())).containsExactly(35, 45);
        assertThat(both.distance()).isNull();
    }

    @Test
    void answersOfAnotherKindDoNotAdd() {
        AnswerHistogram here = new AnswerTally(CLASSES, null).histogram();

        assertThatThrownBy(() -> here.plus(new AnswerTally(List.of("benign", "other"), null).histogram()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("other");
        assertThatThrownBy(() -> here.plus(new AnswerTally(CLASSES, 3.0).histogram()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("distances true");
    }

    @Test
    void binsAreThoseThatEverybodyCountsIn() {
        AnswerHistogram good = new AnswerTally(CLASSES, null).histogram();

        assertThatThrownBy(() -> new AnswerHistogram(0, good.decisions(), List.of(0L, 0L), good.probabilities(), null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("2 bins, expected 50");
        assertThatThrownBy(() ->
                        new AnswerHistogram(0, Map.of("benign", 0L), good.confidence(), good.probabilities(), null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("cancer");
    }

    /** The bins that have one answer. */
    private static List<Integer> places(List<Long> bins) {
        return IntStream.range(0, bins.size())
                .filter(i -> bins.get(i) == 1)
                .boxed()
                .toList();
    }
}
