package io.scanstream.trainer.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.recipe.InvalidRecipeException;
import io.scanstream.contracts.recipe.Recipe;
import io.scanstream.trainer.DebianPython;
import io.scanstream.trainer.libtorch.DeviceChoice;
import io.scanstream.trainer.libtorch.Libtorch;
import io.scanstream.trainer.weights.WeightFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that torch itself has written: views with strides, all element types, checkpoints, and what is refused. */
class TorchWeightsTest {
    @TempDir
    static Path folder;

    private static Libtorch libtorch;

    @BeforeAll
    static void write() throws Exception {
        DebianPython.require("torch");
        DebianPython.run("torch_state_dicts.py", folder.toString());
        libtorch = Libtorch.start(DeviceChoice.CPU);
    }

    @Test
    void everyValueIsTheOneThatTorchHas() throws IOException {
        for (String file : List.of("good.pth", "checkpoint.pth")) {
            try (Network network = network()) {
                LoadReport report = take(network, file, recipe(List.of("*")));
                assertThat(report.loaded())
                        .containsExactly("0.weight", "0.bias", "1.weight", "1.bias", "1.running_mean", "1.running_var");
                assertThat(report.unexpected()).containsExactly("extra", "none");
                Map<String, float[]> expected = values();
                for (String name : report.loaded()) {
                    assertThat(network.weights(name)).as(name).isEqualTo(expected.get(name));
                }
            }
        }
    }

    @Test
    void takesOnlyWhatTheRecipeSays() throws IOException {
        try (Network network = network()) {
            float[] before = network.weights("0.weight");
            LoadReport report = take(network, "good.pth", recipe(List.of("1.*")));
            assertThat(report.fresh()).containsExactly("0.weight", "0.bias");
            assertThat(network.weights("0.weight")).isEqualTo(before);
        }
    }

    @Test
    void refusesWeightsThatDoNotFitNamingEveryTensor() throws IOException {
        Blueprint other = blueprint(List.of(Linear.of(3), Linear.of(2).named("last")), 2);
        try (Network network = new Network(other, libtorch, 1)) {
            assertThatThrownBy(() -> take(network, "good.pth", recipe(List.of("*"))))
                    .isInstanceOfSatisfying(InvalidRecipeException.class, e -> assertThat(e.problems())
                            .hasSize(4))
                    .hasMessageContaining("0.weight is [4, 5] there, the network's is [3, 5]")
                    .hasMessageContaining("last.weight is not there");
        }
    }

    @Test
    void refusesWhatIsNoStateDict() {
        refuses("module.pth", "names '");
        refuses("script.pth", "TorchScript");
        refuses("old.pth", "before 1.6");
        refuses("bytes.pth", "torch.ByteStorage");
    }

    private static void refuses(String file, String message) {
        assertThatThrownBy(() -> WeightFile.open(folder.resolve(file)).close())
                .isInstanceOf(ScanstreamException.class)
                .hasMessageContaining(file)
                .hasMessageContaining(message);
    }

    private static LoadReport take(Network network, String file, Recipe.Network recipe) throws IOException {
        try (WeightFile weights = WeightFile.open(folder.resolve(file))) {
            return network.take(weights, recipe);
        }
    }

    private static Recipe.Network recipe(List<String> load) {
        return new Recipe.Network(null, Map.of(), List.of(), List.of(), "some", load, List.of());
    }

    private static Network network() {
        return new Network(blueprint(List.of(Linear.of(4), BatchNorm.named(null)), 4), libtorch, 1);
    }

    /** The layers get a vector of five: a global mean of five channels. */
    private static Blueprint blueprint(List<Layer> layers, int outputs) {
        List<Double> five = List.of(0.5, 0.5, 0.5, 0.5, 0.5);
        List<Layer> all = new java.util.ArrayList<>(layers);
        all.add(0, new Flatten("flatten"));
        all.add(0, new AdaptiveAveragePool("pool", 1));
        // Named by their place among the given ones.
        for (int i = 2; i < all.size(); i++) {
            if (all.get(i) instanceof Linear linear && linear.name() == null) {
                all.set(i, linear.named(Integer.toString(i - 2)));
            } else if (all.get(i) instanceof BatchNorm) {
                all.set(i, BatchNorm.named(Integer.toString(i - 2)));
            }
        }
        return new Blueprint(8, 8, 5, five, five, all, outputs, List.of(View.AS_IS));
    }

    private static Map<String, float[]> values() throws IOException {
        Map<String, float[]> values = new LinkedHashMap<>();
        for (String line : Files.readAllLines(folder.resolve("values.txt"))) {
            String[] parts = line.split(" ", -1);
            float[] floats = new float[parts.length - 1];
            for (int i = 0; i < floats.length; i++) {
                floats[i] = Float.parseFloat(parts[i + 1]);
            }
            values.put(parts[0], floats);
        }
        return values;
    }
}
