package io.scanstream.trainer.data;

import static org.assertj.core.api.Assertions.assertThat;

import io.scanstream.contracts.Hashes;
import io.scanstream.contracts.dataset.DatasetVersion;
import io.scanstream.contracts.dataset.Likeness;
import io.scanstream.contracts.dataset.Manifest;
import io.scanstream.contracts.dataset.Split;
import io.scanstream.contracts.recipe.Recipe;
import io.scanstream.trainer.TestScans;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class SplitsTest {
    private static Manifest manifest(int common, int rare, List<Manifest.NearDuplicate> near) {
        List<Manifest.Entry> entries = new ArrayList<>();
        for (int i = 0; i < common + rare; i++) {
            String label = i < common ? "common" : "rare";
            String path = "train/" + label + "/" + i + ".png";
            entries.add(entry(path, label, Split.TRAIN, i % 2 == 0 ? "patient " + i / 6 : null));
        }
        for (int i = 0; i < 10; i++) {
            entries.add(entry("test/" + i, i % 2 == 0 ? "common" : "rare", Split.TEST, null));
        }
        return new Manifest(
                new DatasetVersion("d", 1),
                List.of("common", "rare"),
                List.of(),
                entries,
                List.of(),
                near,
                Instant.EPOCH);
    }

    private static Manifest.Entry entry(String path, String label, Split split, String group) {
        String sha256 = Hashes.sha256(path.getBytes(StandardCharsets.UTF_8));
        return new Manifest.Entry(path, sha256, 1, label, split, null, group, null);
    }

    private static Splits splits(Manifest manifest, Map<String, String> set) {
        Recipe recipe = TestScans.recipe(16, set);
        return Splits.of(recipe.data(), manifest);
    }

    private static Set<String> paths(Collection<Manifest.Entry> entries) {
        return entries.stream().map(Manifest.Entry::path).collect(Collectors.toSet());
    }

    @Test
    void foldsPartTheTrainingImagesAndTearNoGroupApart() {
        Manifest manifest = manifest(200, 60, List.of());
        Set<String> seen = new HashSet<>();
        for (int fold = 0; fold < 4; fold++) {
            Splits splits = splits(manifest, Map.of("data.fold", "{index: " + fold + ", of: 4}"));
            Set<String> validation = paths(splits.validation());
            assertThat(validation).hasSizeBetween(35, 100).noneMatch(seen::contains);
            assertThat(paths(splits.train())).doesNotContainAnyElementsOf(validation);
            assertThat(splits.train().size() + splits.validation().size()).isEqualTo(260);
            assertThat(splits.test()).hasSize(10);
            Set<String> groups = splits.validation().stream()
                    .map(entry -> String.valueOf(entry.group()))
                    .filter(group -> !group.equals("null"))
                    .collect(Collectors.toSet());
            assertThat(splits.train().stream().map(Manifest.Entry::group)).doesNotContainAnyElementsOf(groups);
            seen.addAll(validation);
        }
        assertThat(seen).hasSize(260);
    }

    @Test
    void everyFoldHasEveryClassInItsProportion() {
        List<Manifest.Entry> entries = new ArrayList<>();
        for (int i = 0; i < 48; i++) {
            String label = i < 40 ? "common" : "rare";
            entries.add(entry("train/" + i + ".png", label, Split.TRAIN, null));
        }
        for (int fold = 0; fold < 4; fold++) {
            assertThat(StableSplit.part(entries, fold, 4, "fold"))
                    .hasSize(12)
                    .filteredOn(entry -> "rare".equals(entry.label()))
                    .hasSize(2);
        }
    }

    /** A group of images of two subjects ties these together. */
    @Test
    void whatIsTiedByGroupsAndSubjectsStaysTogether() {
        List<Manifest.Entry> entries = new ArrayList<>();
        for (int i = 0; i < 120; i++) {
            String path = "train/" + i + ".png";
            String sha256 = Hashes.sha256(path.getBytes(StandardCharsets.UTF_8));
            entries.add(new Manifest.Entry(
                    path,
                    sha256,
                    1,
                    i % 2 == 0 ? "a" : "b",
                    Split.TRAIN,
                    "subject " + i / 4,
                    "group " + (i + 2) / 4,
                    null));
        }
        // Each group has half of one subject and half of the next: all are tied.
        assertThat(StableSplit.choose(entries, 0.5, "validation")).isEmpty();
        List<Manifest.Entry> loose = entries.stream()
                .filter(entry -> !List.of("group 8", "group 16", "group 24").contains(entry.group()))
                .toList();
        Set<Manifest.Entry> chosen = StableSplit.choose(loose, 0.5, "validation");
        assertThat(chosen).isNotEmpty().hasSizeLessThan(loose.size());
        for (Manifest.Entry entry : loose) {
            assertThat(chosen.stream().anyMatch(other -> Objects.equals(other.subject(), entry.subject())))
                    .as(entry.path())
                    .isEqualTo(chosen.contains(entry));
            assertThat(chosen.stream().anyMatch(other -> Objects.equals(other.group(), entry.group())))
                    .as(entry.path())
                    .isEqualTo(chosen.contains(entry));
        }
    }

    @Test
    void aSubsetKeepsTheProportionsAndALargerOneHoldsIt() {
        Manifest manifest = manifest(300, 100, List.of());
        Splits small = splits(manifest, Map.of("data.subset", "100"));
        Splits large = splits(manifest, Map.of("data.subset", "200"));
        Set<String> all = paths(small.train());
        all.addAll(paths(small.validation()));
        assertThat(all).hasSize(100);
        assertThat(all.stream().filter(path -> path.contains("/rare/"))).hasSize(25);
        Set<String> more = paths(large.train());
        more.addAll(paths(large.validation()));
        assertThat(more).hasSize(200).containsAll(all);
        assertThat(paths(splits(manifest, Map.of("data.subset", "100000")).train()))
                .hasSizeGreaterThan(250);
    }

    @Test
    void dropsWhatLooksLikeATestImageIfTheRecipeSaysSo() {
        Manifest manifest = manifest(40, 40, List.of(new Manifest.NearDuplicate("train/common/7.png", "test/2", 3)));
        Splits reported = splits(manifest, Map.of());
        assertThat(reported.train().size() + reported.validation().size()).isEqualTo(80);
        Splits dropped = splits(manifest, Map.of("data.nearDuplicates", "drop"));
        assertThat(dropped.train().size() + dropped.validation().size()).isEqualTo(79);
        assertThat(paths(dropped.train())).doesNotContain("train/common/7.png");
        assertThat(paths(dropped.validation())).doesNotContain("train/common/7.png");
    }

    @Test
    void dropsWhatLooksLikeAnImageThatIsCutOffForValidation() {
        List<Manifest.Entry> entries = new ArrayList<>(manifest(0, 0, List.of()).entries());
        Random random = new Random(3);
        for (int pair = 0; pair < 20; pair++) {
            Likeness likeness = new Likeness(
                    "%016x%016x%04x".formatted(random.nextLong(), random.nextLong(), random.nextInt(1 << 16)));
            for (String which : List.of("once", "again")) {
                String path = "train/" + pair + "-" + which + ".png";
                String sha256 = Hashes.sha256(path.getBytes(StandardCharsets.UTF_8));
                String label = pair % 2 == 0 ? "common" : "rare";
                entries.add(new Manifest.Entry(
                        path, sha256, 1, label, Split.TRAIN, null, null, null, null, likeness, Map.of()));
            }
        }
        Manifest manifest = new Manifest(
                new DatasetVersion("d", 1),
                List.of("common", "rare"),
                List.of(),
                entries,
                List.of(),
                List.of(),
                Instant.EPOCH);

        for (String cut : List.of("data.validationShare=0.3", "data.fold={index: 1, of: 3}")) {
            String[] parts = cut.split("=", 2);
            assertThat(torn(splits(manifest, Map.of(parts[0], parts[1]))))
                    .as(cut)
                    .isNotEmpty();
            Splits dropped = splits(manifest, Map.of(parts[0], parts[1], "data.nearDuplicates", "drop"));
            assertThat(torn(dropped)).as(cut).isEmpty();
            assertThat(dropped.validation()).as(cut).isNotEmpty();
        }
    }

    /** Likenesses that are on both sides. */
    private static Set<Likeness> torn(Splits splits) {
        Set<Likeness> both =
                splits.train().stream().map(Manifest.Entry::likeness).collect(Collectors.toSet());
        both.retainAll(
                splits.validation().stream().map(Manifest.Entry::likeness).collect(Collectors.toSet()));
        return both;
    }
}
