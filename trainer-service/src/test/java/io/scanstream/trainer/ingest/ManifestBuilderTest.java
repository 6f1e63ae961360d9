package io.scanstream.trainer.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Hashes;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.dataset.DatasetVersion;
import io.scanstream.contracts.dataset.Manifest;
import io.scanstream.contracts.dataset.Split;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class ManifestBuilderTest {
    private static final DatasetVersion VERSION = new DatasetVersion("d", 1);

    private final ManifestBuilder builder = new ManifestBuilder();

    /** An image of its own content. */
    private ManifestBuilderTest with(String path) {
        return with(path, path);
    }

    private ManifestBuilderTest with(String path, String content) {
        String sha256 = Hashes.sha256(content.getBytes(StandardCharsets.UTF_8));
        builder.image(new Found(path, sha256, content.length(), 40, 40, null, null, null));
        return this;
    }

    private ManifestBuilderTest groups(String csv) {
        return table(ManifestBuilder.GROUPS, csv);
    }

    private ManifestBuilderTest table(String path, String csv) {
        builder.table(path, csv.getBytes(StandardCharsets.UTF_8));
        return this;
    }

    private Map<String, Manifest.Entry> build() {
        Map<String, Manifest.Entry> entries = new TreeMap<>();
        manifest().entries().forEach(entry -> entries.put(entry.path(), entry));
        return entries;
    }

    private Manifest manifest() {
        return builder.build(VERSION, Instant.EPOCH);
    }

    @Test
    void understandsSplitFoldersUnderTheirUsualNames() {
        Map<String, Manifest.Entry> entries = with("train/a/1")
                .with("Training/b/1")
                .with("val/a/2")
                .with("validation/b/2")
                .with("TEST/a/3")
                .with("test/b/deeper/3")
                .build();

        assertThat(entries.values())
                .extracting(Manifest.Entry::label, Manifest.Entry::split)
                .containsExactlyInAnyOrder(
                        org.assertj.core.groups.Tuple.tuple("a", Split.TRAIN),
                        org.assertj.core.groups.Tuple.tuple("b", Split.TRAIN),
                        org.assertj.core.groups.Tuple.tuple("a", Split.VALIDATION),
                        org.assertj.core.groups.Tuple.tuple("b", Split.VALIDATION),
                        org.assertj.core.groups.Tuple.tuple("a", Split.TEST),
                        org.assertj.core.groups.Tuple.tuple("b", Split.TEST));
    }

    @Test
    void looksBelowTheFoldersThatAllShare() {
        assertThat(with("my data/set/train/a/1").with("my data/set/test/b/1").build())
                .hasEntrySatisfying("my data/set/test/b/1", entry -> {
                    assertThat(entry.label()).isEqualTo("b");
                    assertThat(entry.split()).isEqualTo(Split.TEST);
                });
    }

    @Test
    void takesClassFoldersAloneAndMakesATestSplit() {
        for (int i = 0; i < 100; i++) {
            with("root/a/" + i).with("root/b/" + i);
        }
        Map<String, Manifest.Entry> entries = build();

        assertThat(manifest().classes()).containsExactly("a", "b");
        assertThat(entries.values().stream().filter(entry -> entry.split() == Split.TEST))
                .hasSizeBetween(20, 60);
        assertThat(entries.values()).noneMatch(entry -> entry.split() == Split.VALIDATION);
    }

    @Test
    void keepsAnImageInItsSplitWhenOthersCome() {
        for (int i = 0; i < 50; i++) {
            with("a/" + i).with("b/" + i);
        }
        Map<String, Manifest.Entry> before = build();
        for (int i = 50; i < 100; i++) {
            with("a/" + i).with("b/" + i);
        }
        Map<String, Manifest.Entry> after = build();

        before.forEach((path, entry) -> assertThat(after.get(path))
                .as(path)
                .extracting(Manifest.Entry::split)
                .isEqualTo(entry.split()));
    }

    @Test
    void ofEqualBytesTheTestImageIsTheOne() {
        Map<String, Manifest.Entry> entries = with("test/a/z", "same")
                .with("train/a/1", "same")
                .with("train/a/2", "twice")
                .with("train/a/3", "twice")
                .with("train/b/1")
                .build();

        assertThat(entries.get("test/a/z").duplicateOf()).isNull();
        assertThat(entries.get("train/a/1").duplicateOf()).isEqualTo("test/a/z");
        assertThat(entries.get("train/a/2").duplicateOf()).isNull();
        assertThat(entries.get("train/a/3").duplicateOf()).isEqualTo("train/a/2");
    }

    @Test
    void rejectsEqualBytesUnderTwoClasses() {
        Manifest manifest =
                with("a/1", "same").with("b/1", "same").with("a/2").with("b/2").manifest();

        assertThat(manifest.entries()).extracting(Manifest.Entry::path).containsExactly("a/2", "b/2");
        assertThat(manifest.rejected()).extracting(Manifest.Rejected::path).containsExactly("a/1", "b/1");
        assertThat(manifest.rejected().get(0).reason()).contains("several classes");
    }

    @Test
    void neverTearsAGroupApart() {
        StringBuilder csv = new StringBuilder("file,group\n");
        for (int i = 0; i < 60; i++) {
            with("a/" + i + ".png").with("b/" + i + ".png");
            csv.append("a/").append(i).append(".png,p").append(i / 3).append('\n');
        }
        Map<String, Split> splits = new TreeMap<>();
        groups(csv.toString()).build().values().stream()
                .filter(entry -> entry.group() != null)
                .forEach(entry -> assertThat(splits.merge(String.valueOf(entry.group()), entry.split(), (a, b) -> a))
                        .as(entry.group())
                        .isEqualTo(entry.split()));
        assertThat(splits).hasSize(20).containsValues(Split.TEST, Split.TRAIN);
    }

    @Test
    void rejectsTrainingImagesWhoseGroupIsInTheTestFolder() {
        Manifest manifest = groups("file,group\n1.png,p1\n2.png,p1\n3.png,p2\n")
                .with("train/a/1.png")
                .with("test/a/2.png")
                .with("train/b/3.png")
                .manifest();

        assertThat(manifest.entries())
                .extracting(Manifest.Entry::path)
                .containsExactly("test/a/2.png", "train/b/3.png");
        assertThat(manifest.rejected()).singleElement().satisfies(rejected -> {
            assertThat(rejected.path()).isEqualTo("train/a/1.png");
            assertThat(rejected.reason()).contains("p1").contains("test");
        });
    }

    @Test
    void rejectsTrainingImagesWhoseSubjectIsInTheTestFolder() {
        Manifest manifest = table("patients.csv", "file,patient_id\n1.png,p1\n2.png,p1\n3.png,p2\n")
                .with("train/a/1.png")
                .with("test/a/2.png")
                .with("train/b/3.png")
                .manifest();

        assertThat(manifest.rejected()).singleElement().satisfies(rejected -> {
            assertThat(rejected.path()).isEqualTo("train/a/1.png");
            assertThat(rejected.reason()).isEqualTo("its subject 'p1' is also in the test split");
        });
    }

    @Test
    void rejectsWhatIsInNoClassFolder() {
        Manifest manifest = with("train/a/1")
                .with("train/b/1")
                .with("train/loose")
                .with("alone")
                .manifest();
        assertThat(manifest.rejected()).extracting(Manifest.Rejected::path).containsExactly("alone", "train/loose");
    }

    @Test
    void refusesFewerThanTwoClasses() {
        assertThatThrownBy(this::manifest).hasMessageContaining("no class");
        with("a/1");
        assertThatThrownBy(this::manifest)
                .isInstanceOfSatisfying(
                        ScanstreamException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_DATASET))
                .hasMessageContaining("one class only");
    }

    @Test
    void refusesGroupsWithoutTheirHeadLine() {
        assertThatThrownBy(() -> groups("1.png,p1\n")).hasMessageContaining("file,group");
    }
}
