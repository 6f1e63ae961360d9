package io.scanstream.bench.scoring;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class GrowthTest {
    @Test
    void holdsTheEndAgainstWhatFollowsTheWarmUp() {
        // Warm after 30 of 100, then one more each time.
        List<Footprint> seen = IntStream.range(0, 100)
                .mapToObj(i -> new Footprint(i, i < 30 ? 100 + 10L * i : 400 + i, 0, 0, 0))
                .toList();

        Growth growth = Growth.of(seen, 0.3, Footprint::resident);

        assertThat(growth.warmMiB()).isEqualTo(434.5);
        assertThat(growth.endMiB()).isEqualTo(494.5);
        assertThat(growth.share()).isCloseTo(0.138, Offset.offset(0.001));
    }

    @Test
    void oneHighValueIsNoGrowth() {
        List<Footprint> seen = IntStream.range(0, 50)
                .mapToObj(i -> new Footprint(i, i == 49 ? 900 : 500, 0, 0, 0))
                .toList();

        assertThat(Growth.of(seen, 0.3, Footprint::resident).share()).isZero();
    }

    @Test
    void addsUpWhatPrometheusTells() {
        List<String> lines = List.of(
                "# TYPE jvm_memory_committed_bytes gauge",
                "jvm_memory_committed_bytes{area=\"heap\",id=\"G1 Eden Space\"} 2.097152E7",
                "jvm_memory_committed_bytes{area=\"nonheap\",id=\"Metaspace\"} 5.0E7",
                "jvm_memory_committed_bytes{area=\"heap\",id=\"G1 Old Gen\"} 1048576.0");

        assertThat(Footprint.sum(lines, "jvm_memory_committed_bytes{", "area=\"heap\""))
                .isEqualTo(21);
    }
}
