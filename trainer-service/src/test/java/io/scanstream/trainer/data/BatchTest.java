package io.scanstream.trainer.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.scanstream.contracts.dataset.Split;
import io.scanstream.contracts.model.Task;
import io.scanstream.contracts.recipe.InvalidRecipeException;
import io.scanstream.contracts.recipe.Recipe;
import io.scanstream.trainer.TestScans;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a batch carries: masks, and labels mixed of two. */
class BatchTest {
    private static final int SIDE = 16;
    private static final Map<String, String> PLAIN = Map.of("augmentation", "[]");

    @Test
    void carriesMasksAsClassIndicesOfTheNetworksSize() throws Exception {
        int inputSide = 8;
        Recipe recipe = TestScans.recipe(inputSide, PLAIN);
        TrainingData data = new TestScans(SIDE, "background", "gland")
                .withMasks(Split.TRAIN, 4)
                .withMasks(Split.VALIDATION, 1)
                .withMasks(Split.TEST, 1)
                .data(recipe);
        assertThat(data.task()).isEqualTo(Task.SEGMENTATION);
        assertThat(data.classes()).containsExactly("background", "gland");
        for (Batch batch : batches(data, recipe, 4)) {
            assertThat(batch.labels()).containsOnly(Sample.NO_LABEL);
            assertThat(batch.mixed()).isEmpty();
            ByteBuffer masks = batch.masks().orElseThrow();
            assertThat(masks.remaining()).isEqualTo(batch.size() * inputSide * inputSide);
            for (int p = 0; p < masks.remaining(); p++) {
                boolean bright = (batch.pixels().get(3 * p) & 0xff) > 120;
                assertThat(masks.get(p)).isEqualTo((byte) (bright ? 1 : 0));
            }
        }
    }

    @Test
    void mergesTheClassesOfMasksByAlias() {
        Recipe renamed = TestScans.recipe(SIDE, Map.of("augmentation", "[]", "data.classAliases", "{gland: colon}"));
        TrainingData data = new TestScans(SIDE, "background", "gland")
                .withMasks(Split.TRAIN, 4)
                .withMasks(Split.TEST, 1)
                .data(renamed);
        assertThat(data.classes()).containsExactly("background", "colon");
    }

    @Test
    void mixupBlendsTwoImagesAndSaysHowMuchOfEach() throws Exception {
        Recipe recipe = TestScans.recipe(SIDE, Map.of("augmentation", "[{type: mixup, alpha: 1}]"));
        TrainingData data = classes(recipe);
        List<Batch> mixed = batches(data, recipe, 8);
        List<Batch> plain = batches(data, TestScans.recipe(SIDE, PLAIN), 8);
        int size = SIDE * SIDE * 3;
        int blended = 0;
        for (int b = 0; b < mixed.size(); b++) {
            Batch batch = mixed.get(b);
            Batch.Mixed second = batch.mixed().orElseThrow();
            assertThat(batch.labels()).isEqualTo(plain.get(b).labels());
            for (int i = 0; i < batch.size(); i++) {
                int partner = (i + 1) % batch.size();
                float weight = second.weights()[i];
                assertThat(weight).isBetween(0f, 1f);
                assertThat(second.labels()[i]).isEqualTo(batch.labels()[partner]);
                blended += weight > 0.05 && weight < 0.95 ? 1 : 0;
                ByteBuffer before = plain.get(b).pixels();
                for (int p = 0; p < size; p++) {
                    double expected = weight * (before.get(i * size + p) & 0xff)
                            + (1 - weight) * (before.get(partner * size + p) & 0xff);
                    assertThat((double) (batch.pixels().get(i * size + p) & 0xff))
                            .isCloseTo(expected, org.assertj.core.data.Offset.offset(0.51));
                }
            }
        }
        assertThat(blended).isPositive();
    }

    @Test
    void cutmixPastesABoxAndWeightsByWhatIsLeft() throws Exception {
        Recipe recipe = TestScans.recipe(SIDE, Map.of("augmentation", "[{type: cutmix}]"));
        TrainingData data = classes(recipe);
        List<Batch> mixed = batches(data, recipe, 8);
        List<Batch> plain = batches(data, TestScans.recipe(SIDE, PLAIN), 8);
        int pixels = SIDE * SIDE;
        int pasted = 0;
        for (int b = 0; b < mixed.size(); b++) {
            Batch batch = mixed.get(b);
            for (int i = 0; i < batch.size(); i++) {
                int partner = (i + 1) % batch.size();
                int own = 0;
                for (int p = 0; p < pixels; p++) {
                    boolean isOwn = true;
                    boolean isOther = true;
                    for (int c = 0; c < 3; c++) {
                        byte value = batch.pixels().get((i * pixels + p) * 3 + c);
                        isOwn &= value == plain.get(b).pixels().get((i * pixels + p) * 3 + c);
                        isOther &= value == plain.get(b).pixels().get((partner * pixels + p) * 3 + c);
                    }
                    assertThat(isOwn || isOther).isTrue();
                    own += isOwn ? 1 : 0;
                }
                float weight = batch.mixed().orElseThrow().weights()[i];
                // Noise makes the two images equal in a pixel now and then: never more own pixels than said by much.
                assertThat((double) own / pixels).isCloseTo(weight, org.assertj.core.data.Offset.offset(0.02));
                pasted += weight < 0.9 ? 1 : 0;
            }
        }
        assertThat(pasted).isPositive();
    }

    @Test
    void mixesTheSameWhateverTheNumberOfThreads() throws Exception {
        Recipe recipe = TestScans.recipe(
                SIDE, Map.of("augmentation", "[{type: mixup, probability: 0.5}, {type: cutmix, probability: 0.5}]"));
        TrainingData data = classes(recipe);
        Augmenter augmenter = new Augmenter(recipe.augmentation(), data.preprocessing());
        try (BatchLoader one = new BatchLoader(data, augmenter, 5, 1);
                BatchLoader three = new BatchLoader(data, augmenter, 5, 3);
                BatchLoader.BatchStream first = one.training(3, 1, 0);
                BatchLoader.BatchStream second = three.training(3, 1, 0)) {
            while (first.hasNext()) {
                Batch a = first.next();
                Batch b = second.next();
                assertThat(a.pixels()).isEqualTo(b.pixels());
                assertThat(a.mixed().orElseThrow().weights())
                        .isEqualTo(b.mixed().orElseThrow().weights());
            }
        }
    }

    @Test
    void evaluationIsNeverMixed() throws Exception {
        Recipe recipe = TestScans.recipe(SIDE, Map.of("augmentation", "[{type: mixup}]"));
        TrainingData data = classes(recipe);
        try (BatchLoader loader =
                        new BatchLoader(data, new Augmenter(recipe.augmentation(), data.preprocessing()), 4, 1);
                BatchLoader.BatchStream stream = loader.inOrder(data.test())) {
            assertThat(stream.next().mixed()).isEmpty();
        }
    }

    @Test
    void refusesToMixMasks() {
        Recipe recipe = TestScans.recipe(SIDE, Map.of("augmentation", "[{type: mixup}]"));
        TestScans scans = new TestScans(SIDE, "background", "gland")
                .withMasks(Split.TRAIN, 4)
                .withMasks(Split.TEST, 1);
        assertThatThrownBy(() -> scans.data(recipe))
                .isInstanceOf(InvalidRecipeException.class)
                .hasMessageContaining("masks");
    }

    private static TrainingData classes(Recipe recipe) {
        return new TestScans(SIDE, "plain", "wide", "narrow")
                .with(Split.TRAIN, 8)
                .with(Split.VALIDATION, 1)
                .with(Split.TEST, 2)
                .data(recipe);
    }

    /** Not closed: their memory is looked at together. */
    private static List<Batch> batches(TrainingData data, Recipe recipe, int size) throws InterruptedException {
        List<Batch> all = new ArrayList<>();
        Augmenter augmenter = new Augmenter(recipe.augmentation(), data.preprocessing());
        try (BatchLoader loader = new BatchLoader(data, augmenter, size, 2);
                BatchLoader.BatchStream stream = loader.training(7, 0, 0)) {
            while (stream.hasNext()) {
                all.add(stream.next());
            }
        }
        return all;
    }
}
