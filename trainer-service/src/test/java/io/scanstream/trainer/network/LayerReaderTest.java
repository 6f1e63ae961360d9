package io.scanstream.trainer.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.scanstream.contracts.recipe.InvalidRecipeException;
import io.scanstream.contracts.recipe.Problem;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LayerReaderTest {

    @Test
    void fillsInDefaults() throws Exception {
        assertThat(read("[{\"type\":\"conv\",\"out\":8}, {\"type\":\"maxPool\"}, {\"type\":\"linear\"}]"))
                .containsExactly(Conv.of(8, 3), new MaxPool(null, 2, null, 0, false), Linear.of(null));
    }

    @Test
    void readsListsOfListsOfLayers() throws Exception {
        assertThat(read("[{\"type\":\"concat\",\"branches\":[[],[{\"type\":\"relu\"}]]}]"))
                .containsExactly(new Concat(null, List.of(List.of(), List.of(new Relu(null)))));
    }

    @Test
    void givesANestedHeadTheTasksOutputs() throws Exception {
        Blueprint blueprint = blueprint("[{\"type\":\"flatten\"},"
                + "{\"type\":\"sequential\",\"layers\":[{\"type\":\"linear\",\"bias\":false}]}]");
        assertThat(blueprint.parameters()).singleElement().satisfies(weight -> assertThat(weight.shape())
                .isEqualTo(new Shape(5, 32 * 32 * 3)));
    }

    @Test
    void reportsEveryMistakeWithItsPath() {
        assertThatThrownBy(() -> read("[{\"type\":\"conv\",\"out\":8,\"kernal\":3},{\"type\":\"relu\"},"
                        + "{\"type\":\"dropout\",\"rate\":1.5},{\"type\":\"lstm\"},{\"type\":\"conv\",\"kernel\":0},"
                        + "{\"type\":\"residual\",\"layers\":[{\"type\":\"conv\",\"out\":\"many\"}]},"
                        + "{\"type\":\"linear\"}]"))
                .isInstanceOfSatisfying(InvalidRecipeException.class, e -> assertThat(e.problems())
                        .extracting(Problem::toString)
                        .satisfiesExactlyInAnyOrder(
                                one -> assertThat(one).startsWith("recipe.network.layers[0].kernal: unknown field"),
                                one -> assertThat(one).startsWith("recipe.network.layers[2].rate: 1.5 is not below 1"),
                                one -> assertThat(one).startsWith("recipe.network.layers[3].type: 'lstm'"),
                                one -> assertThat(one).startsWith("recipe.network.layers[4].kernel: 0 is below 1"),
                                one -> assertThat(one).startsWith("recipe.network.layers[4].out: is missing"),
                                one -> assertThat(one)
                                        .startsWith(
                                                "recipe.network.layers[5].layers[0].out: expected a whole number")));
    }

    @Test
    void refusesShapesThatDoNotFitNamingThePlace() throws Exception {
        assertThatThrownBy(() -> blueprint("[{\"type\":\"linear\"}]"))
                .hasMessageContaining("at '0'")
                .hasMessageContaining("flatten");
        assertThatThrownBy(() -> blueprint("[{\"type\":\"conv\",\"out\":4,\"kernel\":99}]"))
                .hasMessageContaining("does not fit");
        assertThatThrownBy(() -> blueprint("[{\"type\":\"flatten\"},{\"type\":\"linear\",\"out\":4}]"))
                .hasMessageContaining("vector of 5 logits");
        assertThatThrownBy(() -> blueprint("[{\"type\":\"conv\",\"padding\":1,\"stride\":2}]"))
                .hasMessageContaining("as large as the image");
        assertThat(blueprint("[{\"type\":\"conv\",\"padding\":1}]").segments()).isTrue();
        assertThatThrownBy(() ->
                        blueprint("[{\"type\":\"conv\",\"out\":4,\"name\":\"a\"},{\"type\":\"relu\",\"name\":\"a\"}]"))
                .hasMessageContaining("two layers");
        assertThatThrownBy(() ->
                        blueprint("[{\"type\":\"residual\",\"layers\":[{\"type\":\"conv\",\"out\":4,\"padding\":1}]}]"))
                .hasMessageContaining("shortcut");
    }

    private static List<Layer> read(String json) throws Exception {
        List<JsonNode> nodes = new ArrayList<>();
        new ObjectMapper().readTree(json).forEach(nodes::add);
        return LayerReader.read("recipe.network.layers", nodes);
    }

    private static Blueprint blueprint(String json) throws Exception {
        return new Blueprint(
                32, 32, 3, List.of(0.5, 0.5, 0.5), List.of(0.2, 0.2, 0.2), read(json), 5, List.of(View.AS_IS));
    }
}
