package io.scanstream.gateway.scans;

import static org.assertj.core.api.Assertions.assertThat;

import io.scanstream.contracts.TimeOrderedId;
import io.scanstream.contracts.scoring.ScanId;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class ScanIdsTest {
    private final ScanIds ids = new ScanIds(new byte[] {1, 2, 3});

    @Test
    void makesDistinctUuidsOfVersion7WithTheTimeInThem() {
        Set<ScanId> made = new HashSet<>();
        for (int i = 0; i < 10_000; i++) {
            made.add(ids.next());
        }
        assertThat(made).hasSize(10_000);
        ScanId id = ids.next();
        assertThat(id.value().version()).isEqualTo(7);
        assertThat(id.value().variant()).isEqualTo(2);
        assertThat(Duration.between(TimeOrderedId.timeOf(id.value()), Instant.now()))
                .isLessThan(Duration.ofMinutes(1));
    }

    @Test
    void knowsItsOwnAndNoOthers() {
        ScanId mine = ids.next();

        assertThat(ids.made(mine)).isTrue();
        assertThat(new ScanIds(new byte[] {1, 2, 3}).made(mine)).isTrue();
        assertThat(new ScanIds(new byte[] {1, 2, 4}).made(mine)).isFalse();
        assertThat(ids.made(ScanId.next())).isFalse();
        assertThat(ids.made(new ScanId(UUID.randomUUID()))).isFalse();
        UUID value = mine.value();
        assertThat(ids.made(new ScanId(
                        new UUID(value.getMostSignificantBits() + (1L << 16), value.getLeastSignificantBits()))))
                .isFalse();
        assertThat(ids.made(new ScanId(new UUID(value.getMostSignificantBits(), value.getLeastSignificantBits() ^ 1))))
                .isFalse();
    }
}
