package io.scanstream.trainer.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.scanstream.contracts.dataset.Split;
import io.scanstream.contracts.recipe.Recipe;
import io.scanstream.trainer.TestScans;
import io.scanstream.trainer.data.Augmenter;
import io.scanstream.trainer.data.BatchLoader;
import io.scanstream.trainer.data.TrainingData;
import io.scanstream.trainer.libtorch.DeviceChoice;
import io.scanstream.trainer.libtorch.Libtorch;
import io.scanstream.trainer.network.Blueprints;
import io.scanstream.trainer.network.Network;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ValidatorTest {
    private final Libtorch libtorch = Libtorch.start(DeviceChoice.CPU);

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{type: crossEntropy, classWeights: {wide: 7}}",
                "{type: focal, classWeights: {wide: 7}}",
                "{type: crossEntropy, labelSmoothing: 0.1}"
            })
    void theLossDoesNotDependOnTheBatches(String loss) throws Exception {
        // In the order of their paths: the batches of 4 have one class each.
        assertThat(loss(loss, 4)).isCloseTo(loss(loss, 12), within(1e-6));
        assertThat(loss(loss, 5)).isCloseTo(loss(loss, 12), within(1e-6));
    }

    private double loss(String loss, int batchSize) throws Exception {
        Recipe recipe = TestScans.recipe(16, Map.of("loss", loss));
        TrainingData data = new TestScans(16, "narrow", "plain", "wide")
                .with(Split.TRAIN, 2)
                .with(Split.VALIDATION, 4)
                .with(Split.TEST, 1)
                .data(recipe);
        try (Network network = new Network(Blueprints.of(recipe, 3), libtorch, 1);
                Objective objective = new Objective(recipe, data, libtorch);
                BatchLoader loader = new BatchLoader(
                        data, new Augmenter(recipe.augmentation(), data.preprocessing()), batchSize, 1)) {
            return new Validator(network, objective, loader, data)
                    .measure(StopSignal.never())
                    .orElseThrow()
                    .figures()
                    .get("loss");
        }
    }
}
