package io.scanstream.trainer.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.scanstream.contracts.dataset.Split;
import io.scanstream.contracts.recipe.InvalidRecipeException;
import io.scanstream.contracts.recipe.Recipe;
import io.scanstream.trainer.TestScans;
import io.scanstream.trainer.data.Augmenter;
import io.scanstream.trainer.data.Batch;
import io.scanstream.trainer.data.BatchLoader;
import io.scanstream.trainer.data.TrainingData;
import io.scanstream.trainer.libtorch.DeviceChoice;
import io.scanstream.trainer.libtorch.Libtorch;
import io.scanstream.trainer.network.Network;
import java.util.HashMap;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

@SuppressWarnings("try") // scopes and guards act by being open
class LearnerTest {
    private static final String PLAIN =
            "[{type: conv, out: 4, padding: 1}, {type: relu}, {type: adaptiveAveragePool}, {type: flatten}, {type: linear}]";

    private final Libtorch libtorch = Libtorch.start(DeviceChoice.CPU);
    private final TestScans scans = new TestScans(16, "narrow", "plain", "wide")
            .with(Split.TRAIN, 4)
            .with(Split.VALIDATION, 1)
            .with(Split.TEST, 1);

    /** What is done before batch i, counted from 0. */
    private interface Before {
        void batch(int i, Learner learner);
    }

    /** Weights after all 12 images in batches, which belong to one group. */
    private Map<String, float[]> group(int batchSize, int accumulationSteps, Before before) throws Exception {
        Recipe recipe = TestScans.recipe(
                16,
                Map.of(
                        "network.layers",
                        PLAIN,
                        "augmentation",
                        "[]",
                        "optimizer",
                        "{type: sgd, learningRate: 0.5}",
                        "training.accumulationSteps",
                        String.valueOf(accumulationSteps)));
        TrainingData data = scans.data(recipe);
        try (Learner learner = new Learner(recipe, data, libtorch);
                BatchLoader loader = loader(recipe, data, batchSize);
                BatchLoader.BatchStream batches = loader.inOrder(data.train())) {
            for (int i = 0; batches.hasNext(); i++) {
                before.batch(i, learner);
                try (Batch batch = batches.next()) {
                    learner.step(batch, new Learner.Moves(i == 0, !batches.hasNext(), 1, 1));
                }
            }
            return weights(learner.network());
        }
    }

    @Test
    void batchesAddedUpAreOneLargeBatch() throws Exception {
        Map<String, float[]> large = group(12, 1, (i, learner) -> {});

        assertSame(group(4, 3, (i, learner) -> {}), large);
        // A shorter group, and a shorter batch.
        assertSame(group(4, 8, (i, learner) -> {}), large);
        assertSame(group(5, 3, (i, learner) -> {}), large);
    }

    private static void assertSame(Map<String, float[]> weights, Map<String, float[]> expected) {
        expected.forEach(
                (name, values) -> assertThat(weights.get(name)).as(name).containsExactly(values, within(1e-5f)));
    }

    @Test
    void aGroupOfNothingButBadBatchesMovesNothing() throws Exception {
        Recipe recipe = TestScans.recipe(
                16,
                Map.of(
                        "optimizer", "{type: sgd, learningRate: 0.5, momentum: 0.9, weightDecay: 0.1}",
                        "training.accumulationSteps", "2",
                        "training.averageDecay", "0.5"));
        steps(recipe, 2);
    }

    @Test
    void aBadBatchLeavesWeightsAndStatisticsAlone() throws Exception {
        Recipe recipe = TestScans.recipe(
                16,
                Map.of(
                        "optimizer",
                        "{type: sgd, learningRate: 0.1, momentum: 0.9, weightDecay: 0.1}",
                        "training.averageDecay",
                        "0.5"));
        steps(recipe, 1);
    }

    /** A good group, a bad one, a good one. */
    private void steps(Recipe recipe, int together) throws Exception {
        TrainingData data = scans.data(recipe);
        try (Learner learner = new Learner(recipe, data, libtorch);
                BatchLoader loader = loader(recipe, data, 2);
                BatchLoader.BatchStream batches = loader.inOrder(data.train())) {
            group(learner, batches, together, true);
            Map<String, float[]> before = weights(learner.network());
            Map<String, float[]> average = averaged(learner);
            fill(learner.network(), "0.weight", Float.NaN, before);
            group(learner, batches, together, false);
            fill(learner.network(), "0.weight", 0, before);

            assertThat(weights(learner.network())).usingRecursiveComparison().isEqualTo(before);
            assertThat(averaged(learner)).usingRecursiveComparison().isEqualTo(average);
            group(learner, batches, together, true);
            Map<String, float[]> after = weights(learner.network());
            assertThat(after.get("1.running_mean")).isNotEqualTo(before.get("1.running_mean"));
            for (float value : after.get("1.running_var")) {
                assertThat(value).isFinite();
            }
        }
    }

    private static void group(Learner learner, BatchLoader.BatchStream batches, int together, boolean good)
            throws Exception {
        for (int i = 0; i < together; i++) {
            try (Batch batch = batches.next()) {
                double loss = learner.step(batch, new Learner.Moves(i == 0, i == together - 1, 1, 1));
                assertThat(Double.isFinite(loss)).isEqualTo(good);
            }
        }
    }

    private static Map<String, float[]> averaged(Learner learner) {
        try (Learner.Averaged averaged = learner.averaged()) {
            return weights(learner.network());
        }
    }

    /** Adds a number to what the weights were. */
    private static void fill(Network network, String name, float added, Map<String, float[]> before) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            Tensor weight = network.trainedByName().get(name);
            weight.copy_(Tensor.create(before.get(name)).view_as(weight)).add_(new Scalar(added));
        }
    }

    @Test
    void aNetworkForImagesRefusesMasksAndOneForMasksLabels() {
        TestScans masks = new TestScans(16, "back", "gland")
                .withMasks(Split.TRAIN, 2)
                .withMasks(Split.VALIDATION, 1)
                .withMasks(Split.TEST, 1);
        Recipe ofImages = TestScans.recipe(16, Map.of("augmentation", "[]"));
        Recipe ofMasks = TestScans.recipe(
                16,
                Map.of("network.layers", "[{type: conv, out: 4, padding: 1}, {type: relu}, {type: conv, kernel: 1}]"));

        assertThatThrownBy(() -> new Learner(ofImages, masks.data(ofImages), libtorch))
                .isInstanceOf(InvalidRecipeException.class)
                .hasMessageContaining("recipe.network: gives logits for an image");
        assertThatThrownBy(() -> new Learner(ofMasks, scans.data(ofMasks), libtorch))
                .isInstanceOf(InvalidRecipeException.class)
                .hasMessageContaining("recipe.network: gives logits for every pixel");
    }

    private static BatchLoader loader(Recipe recipe, TrainingData data, int batchSize) {
        return new BatchLoader(data, new Augmenter(recipe.augmentation(), data.preprocessing()), batchSize, 1);
    }

    private static Map<String, float[]> weights(Network network) {
        Map<String, float[]> weights = new HashMap<>();
        network.shapes().keySet().forEach(name -> weights.put(name, network.weights(name)));
        return weights;
    }
}
