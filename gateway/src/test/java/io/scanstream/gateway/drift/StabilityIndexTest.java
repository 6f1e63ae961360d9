package io.scanstream.gateway.drift;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.scanstream.contracts.api.DriftView;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StabilityIndexTest {
    @Test
    void isTheSumOfTheSharesDifferencesTimesTheirLogRatios() {
        StabilityIndex index = StabilityIndex.ofCategories(
                List.of("benign", "cancer"), List.of(500_000L, 500_000L), List.of(800_000L, 200_000L));

        assertThat(index.index()).isCloseTo(0.3 * Math.log(1.6) - 0.3 * Math.log(0.4), within(1e-5));
        assertThat(index.groups())
                .containsExactly(new DriftView.Group("benign", 0.5, 0.8), new DriftView.Group("cancer", 0.5, 0.2));
        assertThat(StabilityIndex.ofCategories(List.of("a", "b"), List.of(30L, 70L), List.of(30L, 70L))
                        .index())
                .isZero();
    }

    @Test
    void aClassThatNobodyHadHasAShareToo() {
        StabilityIndex index = StabilityIndex.ofCategories(List.of("a", "b"), List.of(100L, 0L), List.of(0L, 100L));

        assertThat(index.index()).isFinite().isGreaterThan(5);
    }

    @Test
    void neighboursAreOneGroupUntilATenthIsInThem() {
        StabilityIndex index = StabilityIndex.ofBins(
                List.of(0L, 4L, 5L, 1L, 80L, 0L, 10L),
                List.of(1L, 0L, 0L, 0L, 0L, 0L, 1L),
                (from, to) -> from + "-" + to);

        assertThat(index.groups())
                .containsExactly(
                        new DriftView.Group("0-4", 0.1, 0.5),
                        new DriftView.Group("4-5", 0.8, 0),
                        new DriftView.Group("5-6", 0, 0),
                        new DriftView.Group("6-7", 0.1, 0.5));
    }

    @Test
    void seesWhatLeavesTheOnlyBinThatTheReferenceHas() {
        List<Long> reference = new ArrayList<>(Collections.nCopies(50, 0L));
        reference.set(49, 300L);
        List<Long> inService = new ArrayList<>(reference);
        inService.set(49, 240L);
        inService.set(30, 60L);

        StabilityIndex index = StabilityIndex.ofBins(reference, inService, (from, to) -> from + "-" + to);

        assertThat(index.index()).isGreaterThan(Math.max(0.25, index.byChance()));
    }

    @Test
    void chanceAloneIsSeldomBeyondItsBound() {
        Random random = new Random(1);
        int comparisons = 3000;
        int beyond = 0;
        int beyondHalf = 0;
        for (int i = 0; i < comparisons; i++) {
            StabilityIndex index =
                    StabilityIndex.ofBins(sample(random, 300), sample(random, 400), (from, to) -> from + "-" + to);
            beyond += index.index() > index.byChance() ? 1 : 0;
            beyondHalf += index.index() > index.byChance() / 2 ? 1 : 0;
        }

        assertThat(beyond / (double) comparisons).isLessThan(0.004);
        assertThat(beyondHalf / (double) comparisons)
                .as("the bound is not far off")
                .isGreaterThan(0.02);
    }

    private static List<Long> sample(Random random, int cases) {
        List<Long> bins = new ArrayList<>(Collections.nCopies(50, 0L));
        for (int i = 0; i < cases; i++) {
            int bin = (int) Math.min(49, 50 * Math.sqrt(random.nextDouble()));
            bins.set(bin, bins.get(bin) + 1);
        }
        return bins;
    }
}
