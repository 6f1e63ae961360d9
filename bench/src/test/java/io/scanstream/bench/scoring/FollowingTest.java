package io.scanstream.bench.scoring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import org.junit.jupiter.api.Test;

class FollowingTest {
    private static final long MS = 1_000_000;

    private final Following following = new Following();

    @Test
    void countsFromAPromotionToTheFirstScoreByItsVersion() {
        following.scored("0", 50 * MS);
        following.promoted("1", 100 * MS);
        following.scored("1", 140 * MS);
        following.scored("1", 900 * MS);
        following.promoted("2", 1000 * MS);
        following.scored("2", 1300 * MS);

        assertThat(following.firstScoreMs()).containsExactly(entry("1", 40.0), entry("2", 300.0));
        assertThat(following.longestStaleMs()).isZero();
    }

    @Test
    void countsFromAPromotionToTheLastScoreByAVersionBeforeIt() {
        following.promoted("1", 100 * MS);
        following.scored("0", 130 * MS);
        following.promoted("2", 1000 * MS);
        following.scored("2", 1010 * MS);
        following.scored("1", 1700 * MS);
        following.promoted("3", 2000 * MS);
        following.scored("1", 2100 * MS);

        assertThat(following.firstScoreMs()).containsEntry("1", 1600.0).doesNotContainKey("3");
        assertThat(following.longestStaleMs())
                .as("the second, not yet the third")
                .isEqualTo(1100.0);
    }
}
