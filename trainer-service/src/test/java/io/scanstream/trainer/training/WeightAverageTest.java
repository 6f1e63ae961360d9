package io.scanstream.trainer.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.scanstream.contracts.recipe.Recipe;
import io.scanstream.trainer.TestScans;
import io.scanstream.trainer.libtorch.DeviceChoice;
import io.scanstream.trainer.libtorch.Libtorch;
import io.scanstream.trainer.network.Blueprints;
import io.scanstream.trainer.network.Network;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

@SuppressWarnings("try") // scopes and guards act by being open
class WeightAverageTest {
    private final Libtorch libtorch = Libtorch.start(DeviceChoice.CPU);

    @Test
    void isTheMeanThatItSaysOfWeightsAndStatistics() {
        Recipe recipe = TestScans.recipe(16, Map.of());
        try (Network network = new Network(Blueprints.of(recipe, 3), libtorch, 1)) {
            set(network, 1);
            try (WeightAverage average = new WeightAverage(network, 0.6)) {
                set(network, 2);
                average.add(1);
                // Keeps 2/11 of 1 at first.
                assertAverage(average, network, 2 / 11.0 + 2 * 9 / 11.0, 2);
                set(network, 4);
                average.add(1_000);
                assertAverage(average, network, 0.6 * (2 / 11.0 + 2 * 9 / 11.0) + 0.4 * 4, 4);
                average.restart();
                assertAverage(average, network, 4, 4);
            }
        }
    }

    private static void assertAverage(WeightAverage average, Network network, double expected, double weights) {
        average.swap();
        for (String name : network.shapes().keySet()) {
            assertThat(network.weights(name)[0]).as(name).isCloseTo((float) expected, within(1e-5f));
        }
        average.swap();
        assertThat(network.weights("1.running_var")[0]).isEqualTo((float) weights);
    }

    private static void set(Network network, double value) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            for (Tensor tensor : network.tensors()) {
                tensor.fill_(new Scalar(value));
            }
        }
    }
}
