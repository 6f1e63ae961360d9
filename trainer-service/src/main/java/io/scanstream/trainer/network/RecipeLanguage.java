package io.scanstream.trainer.network;

import com.fasterxml.jackson.databind.JsonNode;
import io.scanstream.contracts.recipe.Problem;
import io.scanstream.contracts.recipe.Recipe;
import io.scanstream.contracts.recipe.RecipeReader;
import io.scanstream.contracts.recipe.RecipeSchema;
import java.util.List;
import java.util.Map;

/** Everything that a recipe can say, layers and architectures included. */
public final class RecipeLanguage {

    /** The JSON Schema (draft 2020-12) of recipes, as text: {@code recipes/recipe.schema.json}. */
    public static String schema() {
        return RecipeSchema.text(RecipeSchema.of(Layer.class, Architecture.class));
    }

    /**
     * Reads a recipe, its layers too.
     *
     * @param overrides YAML values by path
     * @throws io.scanstream.contracts.ScanstreamException {@code INVALID_RECIPE} with every mistake; where there is none, with
     *     the first place where the layers' shapes do not fit together
     */
    public static Recipe read(byte[] yaml, Map<String, String> overrides) {
        Recipe recipe = RecipeReader.read(yaml, overrides, RecipeLanguage::check);
        Blueprints.requireFitting(recipe);
        return recipe;
    }

    private static void check(JsonNode network, List<Problem> problems) {
        LayerReader.check("recipe.network.layers", network.path("layers"), problems);
        LayerReader.check("recipe.network.head", network.path("head"), problems);
        if (network.path("architecture").isTextual()
                && network.path("parameters").isObject()) {
            Architecture.check(network.path("architecture").textValue(), network.path("parameters"), problems);
        }
    }

    private RecipeLanguage() {}
}
