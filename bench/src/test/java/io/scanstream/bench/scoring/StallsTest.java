package io.scanstream.bench.scoring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import org.junit.jupiter.api.Test;

class StallsTest {
    private static final long MS = 1_000_000;

    private final Stalls stalls = new Stalls();

    @Test
    void countsWhatEndsAfterTheMomentOnEachPartition() {
        stalls.read(0, 0);
        stalls.read(1, 0);
        stalls.read(0, 900 * MS);
        stalls.from(1000 * MS);
        stalls.read(0, 1100 * MS);
        stalls.read(0, 1150 * MS);
        stalls.read(1, 9000 * MS);
        stalls.read(1, 9001 * MS);
        stalls.read(2, 9001 * MS);

        assertThat(stalls.longestMs()).containsExactly(entry(0, 200.0), entry(1, 9000.0));
    }

    @Test
    void countsNothingBeforeTheMoment() {
        stalls.read(0, 0);
        stalls.read(0, 5000 * MS);

        assertThat(stalls.longestMs()).isEmpty();
    }
}
