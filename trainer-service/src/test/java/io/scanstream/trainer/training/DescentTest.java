package io.scanstream.trainer.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.scanstream.contracts.recipe.Recipe;
import io.scanstream.trainer.TestScans;
import io.scanstream.trainer.libtorch.DeviceChoice;
import io.scanstream.trainer.libtorch.Libtorch;
import io.scanstream.trainer.network.Blueprints;
import io.scanstream.trainer.network.Network;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AutoGradMode;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@SuppressWarnings("try") // scopes and guards act by being open
class DescentTest {
    private static final String GROUPS =
            "groups: [{match: '0.*', learningRateFactor: 0}, {match: '*.bias', learningRateFactor: 0.5, weightDecay: 0.5}]}";

    private final Libtorch libtorch = Libtorch.start(DeviceChoice.CPU);

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{type: sgd, learningRate: 0.1, ",
                "{type: adam, learningRate: 0.1, ",
                "{type: adamW, learningRate: 0.1, weightDecay: 0, "
            })
    void movesEachGroupAtItsOwnRate(String optimizer) {
        Recipe recipe = TestScans.recipe(16, Map.of("optimizer", optimizer + GROUPS));
        try (Network network = new Network(Blueprints.of(recipe, 3), libtorch, 1);
                Descent descent = new Descent(recipe.optimizer(), network)) {
            Map<String, float[]> before = weights(network);
            step(descent, network, 1, null);
            Map<String, float[]> after = weights(network);

            assertThat(after.get("0.weight")).as("rate 0").isEqualTo(before.get("0.weight"));
            assertThat(after.get("4.weight")).as("no group").isNotEqualTo(before.get("4.weight"));
            assertThat(after.get("4.bias")).as("half the rate").isNotEqualTo(before.get("4.bias"));
        }
    }

    @Test
    void movesByTheScheduleFactorOfTheRateAndTheGroups() {
        Recipe recipe = TestScans.recipe(
                16,
                Map.of(
                        "optimizer",
                        "{type: sgd, learningRate: 0.1, " + "groups: [{match: '*.bias', learningRateFactor: 0.5}]}"));
        try (Network network = new Network(Blueprints.of(recipe, 3), libtorch, 1);
                Descent descent = new Descent(recipe.optimizer(), network)) {
            for (double factor : new double[] {0.25, 2, 0}) {
                float weight = network.weights("4.weight")[0];
                float bias = network.weights("4.bias")[0];
                step(descent, network, 3, null, factor);

                assertThat(network.weights("4.weight")[0] - weight)
                        .isCloseTo((float) (-0.1 * factor * 3), within(1e-6f));
                assertThat(network.weights("4.bias")[0] - bias)
                        .isCloseTo((float) (-0.1 * factor * 0.5 * 3), within(1e-6f));
            }
        }
    }

    @Test
    void aGroupHasItsOwnDecay() {
        Recipe recipe = TestScans.recipe(16, Map.of("optimizer", "{type: sgd, learningRate: 0.1, " + GROUPS));
        try (Network network = new Network(Blueprints.of(recipe, 3), libtorch, 1);
                Descent descent = new Descent(recipe.optimizer(), network)) {
            float before = network.weights("4.bias")[0];
            step(descent, network, 0, null);

            // Gradient 0: only the decay acts, 0.1 x 0.5 x 0.5 of the weight.
            assertThat(network.weights("4.bias")[0]).isCloseTo(before * 0.975f, within(1e-6f));
            assertThat(network.weights("4.weight")[0]).isNotZero();
        }
    }

    @Test
    void cutsTheGradientsNormAndLeavesTheWeightsAloneWhenItIsNoNumber() {
        Recipe recipe = TestScans.recipe(16, Map.of("optimizer", "{type: sgd, learningRate: 1}"));
        try (Network network = new Network(Blueprints.of(recipe, 3), libtorch, 1);
                Descent descent = new Descent(recipe.optimizer(), network)) {
            Map<String, float[]> before = weights(network);
            assertThat(step(descent, network, 1000, 0.5)).isTrue();
            Map<String, float[]> after = weights(network);
            double moved = 0;
            for (String name : network.trainedByName().keySet()) {
                for (int i = 0; i < before.get(name).length; i++) {
                    double difference = (double) after.get(name)[i] - before.get(name)[i];
                    moved += difference * difference;
                }
            }
            assertThat(Math.sqrt(moved)).isCloseTo(0.5, within(1e-3));

            assertThat(step(descent, network, Double.NaN, 0.5)).isFalse();
            assertThat(step(descent, network, Double.POSITIVE_INFINITY, null)).isFalse();
            assertThat(weights(network)).usingRecursiveComparison().isEqualTo(after);
        }
    }

    @Test
    void aGroupWithoutMembersIsAMistake() {
        Recipe recipe = TestScans.recipe(
                16,
                Map.of(
                        "optimizer",
                        "{type: sgd, learningRate: 0.1, groups: [{match: '*.bias', learningRateFactor: 2},"
                                + " {match: '0.bias', learningRateFactor: 3}, {match: 'layer9.*', learningRateFactor: 2}]}"));
        try (Network network = new Network(Blueprints.of(recipe, 3), libtorch, 1)) {
            assertThatThrownBy(() -> new Descent(recipe.optimizer(), network))
                    .hasMessageContaining("recipe.optimizer.groups[1].match: '0.bias' matches none")
                    .hasMessageContaining("recipe.optimizer.groups[2].match: 'layer9.*' matches none");
        }
    }

    @Test
    void aFullDiskIsAnErrorThatSaysSoAndNotTheEndOfTheProcess() {
        Path full = Path.of("/dev/full");
        assumeThat(full).as("a device that has no room").exists();
        Recipe recipe = TestScans.recipe(16, Map.of("optimizer", "{type: adam, learningRate: 0.1}"));
        try (Network network = new Network(Blueprints.of(recipe, 3), libtorch, 1);
                Descent descent = new Descent(recipe.optimizer(), network)) {
            step(descent, network, 1, null);
            assertThatThrownBy(() -> descent.save(full))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("No space left");
        }
    }

    /** A step on the sum of all weights, times a factor: every gradient is the factor. */
    private static boolean step(Descent descent, Network network, double factor, Double clip) {
        return step(descent, network, factor, clip, 1);
    }

    private static boolean step(Descent descent, Network network, double factor, Double clip, double rateFactor) {
        try (AutoGradMode gradients = new AutoGradMode(true);
                PointerScope scope = new PointerScope()) {
            descent.clearGradients();
            Tensor sum = torch.zeros(1);
            for (Tensor weight : network.trainedByName().values()) {
                sum = sum.add(weight.sum());
            }
            sum.sum().mul(new Scalar(factor)).backward();
            return descent.step(rateFactor, clip);
        }
    }

    private static Map<String, float[]> weights(Network network) {
        Map<String, float[]> weights = new LinkedHashMap<>();
        network.trainedByName().keySet().forEach(name -> weights.put(name, network.weights(name)));
        return weights;
    }
}
