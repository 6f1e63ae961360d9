package io.scanstream.trainer.network;

import com.fasterxml.jackson.databind.JsonNode;
import io.scanstream.contracts.recipe.InvalidRecipeException;
import io.scanstream.contracts.recipe.Problem;
import io.scanstream.contracts.recipe.Recipe;
import io.scanstream.contracts.recipe.RecipeReader;
import io.scanstream.contracts.recipe.RecipeSchema;
import java.util.List;
import java.util.Map;

/** Everything that a recipe can say, layers and architectures included. */
public final class RecipeLanguage {
    private static final JsonNode SCHEMA = RecipeSchema.of(Layer.class, Architecture.class);

    /** The JSON Schema (draft 2020-12) of recipes, as text: {@code recipes/recipe.schema.json}. */
    public static String schema() {
        return RecipeSchema.text(SCHEMA);
    }

    /**
     * Reads a recipe, its layers too.
     *
     * @param overrides YAML values by path
     * @throws io.scanstream.contracts.ScanstreamException {@code INVALID_RECIPE} with every mistake, and the first place where
     *     the layers' shapes do not fit together: what follows it depends on it
     */
    public static Recipe read(byte[] yaml, Map<String, String> overrides) {
        return RecipeReader.read(yaml, overrides, SCHEMA, RecipeLanguage::misfits);
    }

    private static List<Problem> misfits(Recipe recipe) {
        try {
            Blueprints.requireFitting(recipe);
            return List.of();
        } catch (InvalidRecipeException e) {
            return e.problems();
        }
    }

    private RecipeLanguage() {}
}
