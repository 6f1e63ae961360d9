package io.scanstream.trainer.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LayerReaderTest {

    @Test
    void fillsInDefaults() throws Exception {
        assertThat(read("[{\"type\":\"conv\",\"out\":8}, {\"type\":\"maxPool\"}, {\"type\":\"linear\"}]"))
                .containsExactly(
                        new Conv(null, 8, 3, 1, 0, 1, 1, true, Conv.Start.DEFAULT),
                        new MaxPool(null, 2, 2, 0),
                        new Linear(null, 5, true));
    }

    @Test
    void givesANestedHeadTheTasksOutputs() throws Exception {
        assertThat(read("[{\"type\":\"sequential\",\"layers\":[{\"type\":\"linear\",\"bias\":false}]}]"))
                .containsExactly(new Sequential(null, List.of(new Linear(null, 5, false))));
    }

    @Test
    void reportsEveryWrongLayerWithItsPath() {
        assertThatThrownBy(() -> read("[{\"type\":\"conv\",\"out\":8,\"kernal\":3},{\"type\":\"relu\"},"
                        + "{\"type\":\"dropout\",\"rate\":1.5},{\"type\":\"lstm\"},{\"type\":\"conv\"},"
                        + "{\"type\":\"residual\",\"layers\":[{\"type\":\"conv\",\"out\":\"many\"}]}]"))
                .isInstanceOfSatisfying(
                        ScanstreamException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_RECIPE))
                .message()
                .contains("recipe.network.layers[0]", "kernal")
                .contains("recipe.network.layers[2]", "dropout.rate: 1.5 is not in [0, 1)")
                .contains("recipe.network.layers[3]", "lstm")
                .contains("recipe.network.layers[4]", "out")
                .contains("recipe.network.layers[5].layers[0].out")
                .doesNotContain("network.layers[1]");
    }

    @Test
    void refusesShapesThatDoNotFitNamingThePlace() {
        assertThatThrownBy(() -> blueprint("[{\"type\":\"linear\"}]"))
                .hasMessageContaining("at '0'")
                .hasMessageContaining("flatten");
        assertThatThrownBy(() -> blueprint("[{\"type\":\"conv\",\"out\":4,\"kernel\":99}]"))
                .hasMessageContaining("does not fit");
        assertThatThrownBy(() -> blueprint("[{\"type\":\"flatten\"},{\"type\":\"linear\",\"out\":4}]"))
                .hasMessageContaining("vector of 5 logits");
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
        return LayerReader.read(nodes, 5);
    }

    private static Blueprint blueprint(String json) throws Exception {
        return new Blueprint(32, 32, 3, List.of(0.5, 0.5, 0.5), List.of(0.2, 0.2, 0.2), read(json), 5);
    }
}
