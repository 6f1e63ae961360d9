package io.scanstream.contracts.dataset;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ManifestTest {
    private static Manifest.Entry entry(String path, String bytes, String original) {
        return new Manifest.Entry(path, bytes.repeat(64), 1, "a", Split.TRAIN, null, null, original);
    }

    private static Manifest manifest(List<Manifest.Entry> entries, List<Manifest.NearDuplicate> near) {
        return new Manifest(
                new DatasetVersion("d", 1), List.of("a"), List.of(), entries, List.of(), near, Instant.EPOCH);
    }

    @Test
    void ofImagesWhoseFirstIsGoneTheNextBecomesTheFirst() {
        Manifest manifest = manifest(
                List.of(
                        entry("1", "a", null),
                        entry("2", "a", "1"),
                        entry("3", "a", "1"),
                        entry("4", "b", null),
                        entry("5", "b", "4")),
                List.of());

        assertThat(manifest.without(Set.of(0)).entries())
                .containsExactly(
                        entry("2", "a", null), entry("3", "a", "2"), entry("4", "b", null), entry("5", "b", "4"));
        assertThat(manifest.without(Set.of(1, 3, 4)).entries())
                .containsExactly(entry("1", "a", null), entry("3", "a", "1"));
        assertThat(manifest.without(Set.of())).isEqualTo(manifest);
    }

    @Test
    void pairsOfWhichOneIsGoneAreNone() {
        Manifest manifest = manifest(
                List.of(entry("1", "a", null), entry("2", "b", null), entry("3", "c", null)),
                List.of(new Manifest.NearDuplicate("1", "2", 3), new Manifest.NearDuplicate("2", "3", 4)));

        assertThat(manifest.without(Set.of(0)).nearDuplicates())
                .containsExactly(new Manifest.NearDuplicate("2", "3", 4));
        assertThat(manifest.without(Set.of(1)).nearDuplicates()).isEmpty();
    }
}
