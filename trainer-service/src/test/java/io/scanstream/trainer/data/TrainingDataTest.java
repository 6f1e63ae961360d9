package io.scanstream.trainer.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.dataset.Split;
import io.scanstream.contracts.recipe.InvalidRecipeException;
import io.scanstream.contracts.recipe.Recipe;
import io.scanstream.trainer.TestScans;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class TrainingDataTest {
    private final Recipe recipe = TestScans.recipe(16, Map.of());

    @Test
    void takesTheValidationSplitOutOfTheTrainingImagesWhereThereIsNone() {
        TrainingData data = new TestScans(16, "plain", "wide", "narrow")
                .with(Split.TRAIN, 30)
                .with(Split.TEST, 3)
                .data(recipe);
        assertThat(data.classes()).containsExactly("narrow", "plain", "wide");
        assertThat(data.train().size() + data.validation().size()).isEqualTo(90);
        assertThat(data.validation()).hasSizeBetween(8, 30);
        assertThat(data.validation().stream().map(Sample::label).distinct().sorted())
                .containsExactly(0, 1, 2);
        Set<Sample> both = new HashSet<>(data.train());
        both.retainAll(data.validation());
        assertThat(both).isEmpty();
    }

    @Test
    void mergesClassesByAlias() {
        Recipe aliased = TestScans.recipe(16, Map.of("data.classAliases", "{wide: striped, narrow: striped}"));
        TrainingData data = new TestScans(16, "plain", "wide", "narrow")
                .with(Split.TRAIN, 5)
                .with(Split.TEST, 2)
                .data(aliased);
        assertThat(data.classes()).containsExactly("plain", "striped");
        assertThat(data.test().stream().map(Sample::label)).containsExactlyInAnyOrder(0, 0, 1, 1, 1, 1);
    }

    @Test
    void refusesALossThatTheClassesDoNotFit() {
        Recipe binary = TestScans.recipe(16, Map.of("loss", "{type: bceWithLogits}"));
        TestScans three = new TestScans(16, "plain", "wide", "narrow")
                .with(Split.TRAIN, 3)
                .with(Split.TEST, 1);
        assertThatThrownBy(() -> three.data(binary))
                .isInstanceOf(InvalidRecipeException.class)
                .hasMessageContaining("two classes");
    }

    @Test
    void namesTheImageThatCannotBeReadAnyMore() {
        TestScans scans =
                new TestScans(16, "wide", "narrow").with(Split.TRAIN, 3).with(Split.TEST, 1);
        TrainingData data = new TrainingData(recipe, scans.manifest(), (path, sha256) -> {
            throw new IOException("gone");
        });
        assertThatThrownBy(() -> data.pixels(data.test().get(0)))
                .isInstanceOfSatisfying(
                        ScanstreamException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_DATASET))
                .hasMessageContaining("test/")
                .hasMessageContaining("gone");
    }

    @Test
    void batchesCoverAnEpochOnceAndLeaveNoSingleImageBehind() throws Exception {
        TrainingData data = new TestScans(16, "wide", "narrow")
                .with(Split.TRAIN, 17)
                .with(Split.VALIDATION, 1)
                .with(Split.TEST, 1)
                .data(recipe);
        assertThat(data.train()).hasSize(34);
        try (BatchLoader loader = new BatchLoader(data, new Augmenter(List.of(), data.preprocessing()), 11, 2)) {
            assertThat(loader.stepsPerEpoch()).isEqualTo(3);
            List<Integer> sizes = new ArrayList<>();
            long positives = 0;
            try (BatchLoader.BatchStream batches = loader.training(1, 0, 0)) {
                while (batches.hasNext()) {
                    try (Batch batch = batches.next()) {
                        sizes.add(batch.size());
                        assertThat(batch.pixels().remaining()).isEqualTo(batch.size() * 16 * 16 * 3);
                        for (long label : batch.labels()) {
                            positives += label;
                        }
                    }
                }
            }
            assertThat(sizes).containsExactly(11, 11, 12);
            assertThat(positives).isEqualTo(17);
        }
    }

    @Test
    void anEpochTakenUpInTheMiddleGoesOnWithTheSameBatches() throws Exception {
        TrainingData data = new TestScans(16, "wide", "narrow")
                .with(Split.TRAIN, 16)
                .with(Split.VALIDATION, 1)
                .with(Split.TEST, 1)
                .data(recipe);
        Augmenter augmenter = new Augmenter(recipe.augmentation(), data.preprocessing());
        try (BatchLoader one = new BatchLoader(data, augmenter, 8, 1);
                BatchLoader other = new BatchLoader(data, augmenter, 8, 3)) {
            List<byte[]> whole = pixels(one.training(5, 2, 0));
            List<byte[]> rest = pixels(other.training(5, 2, 2));
            assertThat(rest).hasSize(2);
            assertThat(rest.get(0)).isEqualTo(whole.get(2));
            assertThat(rest.get(1)).isEqualTo(whole.get(3));
            assertThat(pixels(one.training(5, 3, 0)).get(2)).isNotEqualTo(whole.get(2));
        }
    }

    private static List<byte[]> pixels(BatchLoader.BatchStream batches) throws InterruptedException {
        List<byte[]> all = new ArrayList<>();
        try (batches) {
            while (batches.hasNext()) {
                try (Batch batch = batches.next()) {
                    byte[] copy = new byte[batch.pixels().remaining()];
                    batch.pixels().get(0, copy);
                    all.add(copy);
                }
            }
        }
        return all;
    }

    @Test
    void imagesOfSomeClassesComeMoreThanOnceAnEpoch() {
        TestScans uneven = new TestScans(8, "plain", "wide", "narrow")
                .with(Split.TRAIN, 3)
                .with(Split.TEST, 1)
                .with(Split.VALIDATION, 1);
        Recipe factors = TestScans.recipe(8, Map.of("training.oversampling", "{factors: {wide: 4}}"));
        Recipe balanced = TestScans.recipe(
                8, Map.of("training.oversampling", "{balanced: true}", "data.classAliases", "{narrow: plain}"));

        assertThat(perClass(uneven.data(factors).drawn())).containsExactly(3L, 3L, 12L);
        assertThat(uneven.data(factors).train()).hasSize(9);
        assertThat(perClass(uneven.data(balanced).drawn())).containsExactly(6L, 6L);
        assertThat(new HashSet<>(uneven.data(balanced).drawn()))
                .as("none is left out")
                .hasSize(9);
    }

    private static List<Long> perClass(List<Sample> samples) {
        return samples.stream()
                .collect(Collectors.groupingBy(Sample::label, TreeMap::new, Collectors.counting()))
                .values()
                .stream()
                .toList();
    }
}
