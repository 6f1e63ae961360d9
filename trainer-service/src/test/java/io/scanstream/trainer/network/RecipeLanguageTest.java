package io.scanstream.trainer.network;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.databind.JsonNode;
import io.scanstream.contracts.Json;
import io.scanstream.trainer.DebianPython;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecipeLanguageTest {
    private static final Path RECIPES =
            Path.of(System.getProperty("scanstream.root", "..")).resolve("recipes");
    private static final Path FILE = RECIPES.resolve("recipe.schema.json");

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
