package io.scanstream.trainer.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.databind.JsonNode;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.recipe.InvalidRecipeException;
import io.scanstream.contracts.recipe.Problem;
import io.scanstream.trainer.DebianPython;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecipeLanguageTest {
    private static final Path RECIPES =
            Path.of(System.getProperty("scanstream.root", "..")).resolve("recipes");
    private static final Path FILE = RECIPES.resolve("recipe.schema.json");

    private static final String SQUARE = """
            name: square
            about: a sample
            data: {widthPx: 32, heightPx: 32}
            network: {}
            optimizer: {type: adam, learningRate: 0.001}
            training: {epochs: 2, batchSize: 8}
            """;

    @TempDir
    Path folder;

    @Test
    void theCommittedSchemaIsThatOfTheTypes() throws IOException {
        assertThat(Files.readString(FILE))
                .as("write it anew: ./scanstream recipes --schema > recipes/recipe.schema.json")
                .isEqualTo(RecipeLanguage.schema());
    }

    @Test
    void everyFieldIsDescribed() throws IOException {
        JsonNode schema = Json.mapper().readTree(RecipeLanguage.schema());
        assertThat(schema.findParents("additionalProperties"))
                .allSatisfy(object -> object.path("properties").properties().forEach(field -> assertThat(
                                field.getValue().has("description")
                                        || field.getValue().has("const"))
                        .as(field.getKey())
                        .isTrue()));
        JsonNode rate = schema.at("/$defs/Optimizer/oneOf/0/properties/learningRate");
        assertThat(rate.path("exclusiveMinimum").asInt(-1)).isZero();
        assertThat(schema.at("/$defs/Layer/oneOf"))
                .hasSameSizeAs(Layer.class.getAnnotation(JsonSubTypes.class).value());
    }

    @Test
    void oneReadingFindsMistakesInFieldsLayersAndTheirSense() {
        assertThatThrownBy(() -> RecipeLanguage.read(utf8("""
                        name: Small One
                        colour: red
                        data: {widthPx: 32, heightPx: 16}
                        network:
                          layers: [{type: conv, out: 8, kernal: 3}, {type: relay}, {type: linear}]
                        augmentation: [{type: quarterTurns}]
                        optimizer: {type: adam, learningRate: 0}
                        training: {epochs: 2, batchSize: 8}
                        about: slips
                        """), Map.of()))
                .isInstanceOfSatisfying(InvalidRecipeException.class, e -> assertThat(e.problems())
                        .extracting(Problem::path)
                        .containsExactlyInAnyOrder(
                                "recipe.name",
                                "recipe.colour",
                                "recipe.network.layers[0].kernal",
                                "recipe.network.layers[1].type",
                                "recipe.augmentation[0]",
                                "recipe.optimizer.learningRate"));
        assertThatThrownBy(() -> RecipeLanguage.read(
                        utf8(SQUARE), Map.of("network", "{architecture: unet, parameters: {depth: 0}, layres: []}")))
                .isInstanceOfSatisfying(InvalidRecipeException.class, e -> assertThat(e.problems())
                        .extracting(Problem::path)
                        .containsExactlyInAnyOrder("recipe.network.parameters.depth", "recipe.network.layres"));
    }

    @Test
    void layersThatDoNotFitTogetherAreReportedBesideOtherMistakes() {
        assertThatThrownBy(() -> RecipeLanguage.read(
                        utf8(SQUARE),
                        Map.of(
                                "network.layers", "[{type: flatten}, {type: maxPool, kernel: 2}, {type: linear}]",
                                "training.epochs", "many",
                                "data.fold", "{index: 5, of: 5}")))
                .isInstanceOfSatisfying(InvalidRecipeException.class, e -> assertThat(e.problems())
                        .extracting(Problem::path)
                        .containsExactlyInAnyOrder(
                                "recipe.network.layers", "recipe.training.epochs", "recipe.data.fold.index"));
    }

    @Test
    void partsOfImagesHaveToFitTheNetworkToo() {
        String crop = "[{type: verticalFlip}, {type: randomCrop, sizePx: 24}]";
        assertThatThrownBy(() -> RecipeLanguage.read(
                        utf8(SQUARE),
                        Map.of("augmentation", crop, "network.layers", "[{type: flatten}, {type: linear}]")))
                .isInstanceOfSatisfying(
                        InvalidRecipeException.class,
                        e -> assertThat(e.problems()).singleElement().satisfies(problem -> {
                            assertThat(problem.path()).isEqualTo("recipe.augmentation[1].sizePx");
                            assertThat(problem.toString()).contains("(2, 3072)").contains("(2, 1728)");
                        }));
        assertThatThrownBy(() -> RecipeLanguage.read(
                        utf8(SQUARE), Map.of("augmentation", crop, "network", "{architecture: unet}")))
                .hasMessageContaining("recipe.augmentation[1].sizePx: the network cannot take 24 pixels");
        String pooled = "[{type: adaptiveAveragePool}, {type: flatten}, {type: linear}]";
        assertThat(RecipeLanguage.read(utf8(SQUARE), Map.of("augmentation", crop, "network.layers", pooled))
                        .augmentation())
                .hasSize(2);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** By an implementation of JSON Schema that is not ours. */
    @Test
    void itAcceptsEveryShippedRecipeAndRefusesMistakes() throws Exception {
        DebianPython.require("jsonschema", "yaml");
        Path wrong = Files.createDirectories(folder.resolve("wrong"));
        String good = Files.readString(RECIPES.resolve("demo-cnn.yaml"));
        Files.writeString(wrong.resolve("unknown.yaml"), good + "colour: red\n");
        Files.writeString(wrong.resolve("range.yaml"), good.replace("learningRate: 0.003", "learningRate: 0"));
        Files.writeString(wrong.resolve("layer.yaml"), good.replace("rate: 0.2", "rate: 2"));
        Files.writeString(wrong.resolve("type.yaml"), good.replace("{type: relu}", "{type: rely}"));
        Files.writeString(wrong.resolve("missing.yaml"), good.replace("about: ", "# "));
        Files.writeString(
                wrong.resolve("parameters.yaml"),
                Files.readString(RECIPES.resolve("resnet18.yaml"))
                        .replace("architecture: resnet18", "architecture: unet\n  parameters: {depth: 0}"));
        String said = DebianPython.run("schema_check.py", FILE.toString(), RECIPES.toString(), wrong.toString());
        assertThat(said.lines().filter(line -> line.startsWith("refused")))
                .containsExactlyInAnyOrder(
                        "refused layer",
                        "refused missing",
                        "refused parameters",
                        "refused range",
                        "refused type",
                        "refused unknown");
        assertThat(said.lines().filter(line -> line.startsWith("accepted")))
                .hasSize(RecipesTest.recipes().size());
    }
}
