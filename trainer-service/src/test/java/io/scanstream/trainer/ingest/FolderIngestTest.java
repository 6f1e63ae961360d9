package io.scanstream.trainer.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.dataset.DatasetVersion;
import io.scanstream.contracts.dataset.Manifest;
import io.scanstream.contracts.dataset.Split;
import io.scanstream.trainer.RealData;
import io.scanstream.trainer.TestScans;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FolderIngestTest {
    @TempDir
    Path root;

    @Test
    void readsSplitFoldersAndRejectsWhatIsNoImage() throws Exception {
        new TestScans(16, "wide", "narrow")
                .with(Split.TRAIN, 3)
                .with(Split.TEST, 2)
                .writeTo(root);
        Files.writeString(root.resolve("README.md"), "about");
        Files.writeString(root.resolve("train/wide/notes.txt"), "no image");
        Files.write(root.resolve("train/wide/.hidden.png"), new byte[3]);
        byte[] whole = Files.readAllBytes(root.resolve("train/wide/0.png"));
        Files.write(root.resolve("train/wide/cut.png"), java.util.Arrays.copyOf(whole, whole.length / 2));

        Manifest manifest = read();

        assertThat(manifest.classes()).containsExactly("narrow", "wide");
        assertThat(manifest.of(Split.TRAIN)).hasSize(6);
        assertThat(manifest.of(Split.TEST)).hasSize(4);
        assertThat(manifest.of(Split.VALIDATION)).isEmpty();
        assertThat(manifest.rejected().stream().map(Manifest.Rejected::path))
                .containsExactly("README.md", "train/wide/cut.png", "train/wide/notes.txt");
        assertThat(manifest.rejected().stream().map(Manifest.Rejected::code)).containsOnly(ErrorCode.NOT_AN_IMAGE);
        assertThat(manifest.entries()).isSortedAccordingTo(java.util.Comparator.comparing(Manifest.Entry::path));
    }

    @Test
    void trainsOnNoImageThatIsAlsoInTheTestFolder() throws Exception {
        new TestScans(16, "wide", "narrow").with(Split.TRAIN, 3).writeTo(root);
        Files.createDirectories(root.resolve("test/wide"));
        Files.copy(root.resolve("train/wide/1.png"), root.resolve("test/wide/same.png"));

        Manifest manifest = read();

        assertThat(manifest.of(Split.TEST)).hasSize(1);
        assertThat(manifest.of(Split.TRAIN)).hasSize(5);
        assertThat(entry(manifest, "train/wide/1.png").duplicateOf()).isEqualTo("test/wide/same.png");
    }

    @Test
    void takesATestSplitFromClassFoldersAloneTheSameOneEveryTime() throws Exception {
        new TestScans(16, "wide", "narrow").with(Split.TRAIN, 40).writeTo(root);
        Files.move(root.resolve("train/wide"), root.resolve("wide"));
        Files.move(root.resolve("train/narrow"), root.resolve("narrow"));

        Manifest manifest = read();

        assertThat(manifest.of(Split.TEST)).hasSizeBetween(6, 28);
        assertThat(manifest.of(Split.TEST).stream().map(Manifest.Entry::label).distinct())
                .containsExactly("narrow", "wide");
        Map<String, Split> before = splits(manifest);
        Files.delete(root.resolve("wide/0.png"));
        splits(read()).forEach((path, split) -> assertThat(split).isEqualTo(before.get(path)));
    }

    @Test
    void keepsGroupsOnOneSide() throws Exception {
        new TestScans(16, "wide", "narrow").with(Split.TRAIN, 30).writeTo(root);
        Files.move(root.resolve("train/wide"), root.resolve("wide"));
        Files.move(root.resolve("train/narrow"), root.resolve("narrow"));
        StringBuilder groups = new StringBuilder("file,group\n");
        for (String label : List.of("wide", "narrow")) {
            for (int i = 0; i < 30; i++) {
                groups.append(label + "/" + i + ".png," + label + i / 5 + "\n");
            }
        }
        Files.writeString(root.resolve("groups.csv"), groups);

        Manifest manifest = read();

        Map<String, Long> sides = manifest.entries().stream()
                .collect(Collectors.groupingBy(
                        entry -> String.valueOf(entry.group()),
                        Collectors.mapping(
                                Manifest.Entry::split,
                                Collectors.collectingAndThen(Collectors.toSet(), set -> (long) set.size()))));
        assertThat(sides).hasSize(12).allSatisfy((group, count) -> assertThat(count)
                .isEqualTo(1));
        assertThat(manifest.of(Split.TEST)).isNotEmpty();
    }

    @Test
    void refusesAFolderWithoutImages() throws Exception {
        Files.writeString(root.resolve("a.txt"), "");
        assertThatThrownBy(this::read)
                .isInstanceOfSatisfying(
                        ScanstreamException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_DATASET))
                .hasMessageContaining("no class");
        assertThatThrownBy(() -> FolderIngest.read(root.resolve("none"), new DatasetVersion("d", 1), (f, r) -> {}))
                .hasMessageContaining("no folder");
    }

    @Test
    void readsARealSetWithItsGroups() throws Exception {
        Path folder = RealData.require("lc25000-lung");
        Manifest manifest = FolderIngest.read(folder, new DatasetVersion("lung", 1), (files, rejected) -> {});
        assertThat(manifest.classes()).containsExactly("lung_aca", "lung_n", "lung_scc");
        assertThat(manifest.of(Split.TRAIN)).hasSize(900).allSatisfy(entry -> assertThat(entry.group())
                .isNotNull());
        assertThat(manifest.of(Split.TEST)).hasSize(300);
        assertThat(manifest.rejected()).hasSize(1);
    }

    private Manifest read() throws IOException {
        return FolderIngest.read(root, new DatasetVersion("d", 1), (files, rejected) -> {});
    }

    private static Map<String, Split> splits(Manifest manifest) {
        return manifest.entries().stream().collect(Collectors.toMap(Manifest.Entry::path, Manifest.Entry::split));
    }

    private static Manifest.Entry entry(Manifest manifest, String path) {
        return manifest.entries().stream()
                .filter(entry -> entry.path().equals(path))
                .findFirst()
                .orElseThrow();
    }
}
