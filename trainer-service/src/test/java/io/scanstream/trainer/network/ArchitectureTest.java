package io.scanstream.trainer.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.types.Shape;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.recipe.InvalidRecipeException;
import io.scanstream.contracts.recipe.Problem;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ArchitectureTest {

    /** Sizes that torchvision 0.14.1 gives for 1,000 classes. */
    @ParameterizedTest
    @CsvSource({
        "resnet18, 11689512",
        "resnet34, 21797672",
        "resnet50, 25557032",
        "vgg16, 138357544",
        "vgg16-bn, 138365992",
        "efficientnet-b0, 5288548"
    })
    void hasTorchvisionsSize(String name, long numbers) {
        assertThat(blueprint(name, Map.of(), List.of(), 224, 1000).trainedNumbers())
                .isEqualTo(numbers);
    }

    /** The reports count running statistics too. */
    @Test
    void countsMultiplicationsAsThePapersDo() {
        assertThat(blueprint("resnet18", Map.of(), List.of(), 224, 1000).multiplications())
                .isEqualTo(1_814_073_344L);
        assertThat(blueprint("vgg16", Map.of(), List.of(), 224, 1000).multiplications())
                .isEqualTo(15_470_264_320L);
    }

    @Test
    void theSlimResNetHasTheReportsSize() {
        Blueprint slim = blueprint("resnet34-slim", Map.of(), List.of(), 96, 1);
        assertThat(allNumbers(slim)).isEqualTo(3_131_265);
    }

    @Test
    void aHeadTakesThePlaceOfTheLastLayers() {
        List<Layer> head = List.of(Linear.of(16), new Relu(null), Linear.of(null));
        assertThat(shapes(blueprint("resnet18", Map.of(), head, 64, 3)))
                .containsEntry("fc.0.weight", new Shape(16, 512))
                .containsEntry("fc.2.weight", new Shape(3, 16))
                .doesNotContainKey("fc.weight");
        assertThat(shapes(blueprint("vgg16", Map.of("poolSide", 2), head, 64, 3)))
                .containsEntry("classifier.0.weight", new Shape(16, 2048))
                .doesNotContainKey("classifier.6.weight");
    }

    @Test
    void aUNetGivesLogitsForEveryPixel() {
        for (String up : List.of("transposed", "nearest", "bilinear")) {
            for (String norm : List.of("batch", "group", "none")) {
                Blueprint net =
                        blueprint("unet", Map.of("width", 8, "depth", 3, "up", up, "norm", norm), List.of(), 32, 2);
                assertThat(net.segments()).isTrue();
            }
        }
        assertThatThrownBy(() -> blueprint("unet", Map.of("depth", 5), List.of(), 40, 2))
                .isInstanceOf(ScanstreamException.class)
                .hasMessageContaining("divide");
    }

    @Test
    void reportsWhatIsWrongWithItsPath() {
        assertThatThrownBy(() -> Architecture.read("resnet19", Map.of()))
                .hasMessageContaining("recipe.network.architecture: 'resnet19'")
                .hasMessageContaining("resnet18");
        assertThatThrownBy(() -> Architecture.read("unet", Map.of("depth", 0, "up", "down", "wide", 3)))
                .isInstanceOfSatisfying(InvalidRecipeException.class, e -> assertThat(e.problems())
                        .extracting(Problem::path)
                        .containsExactlyInAnyOrder(
                                "recipe.network.parameters.depth",
                                "recipe.network.parameters.up",
                                "recipe.network.parameters.wide"));
    }

    private static Map<String, Shape> shapes(Blueprint blueprint) {
        return blueprint.parameters().stream().collect(Collectors.toMap(Parameter::name, Parameter::shape));
    }

    private static long allNumbers(Blueprint blueprint) {
        return blueprint.parameters().stream()
                .mapToLong(parameter -> parameter.shape().size())
                .sum();
    }

    private static Blueprint blueprint(
            String name, Map<String, Object> parameters, List<Layer> head, int side, int outputs) {
        List<Double> half = List.of(0.5, 0.5, 0.5);
        return new Blueprint(
                side,
                side,
                3,
                half,
                half,
                Architecture.read(name, parameters).layers(head),
                outputs,
                List.of(View.AS_IS));
    }
}
