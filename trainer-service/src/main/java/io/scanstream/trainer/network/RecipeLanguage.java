package io.scanstream.trainer.network;

import io.scanstream.contracts.recipe.RecipeSchema;

/** Everything that a recipe can say, layers and architectures included. */
public final class RecipeLanguage {

    /** The JSON Schema (draft 2020-12) of recipes, as text: {@code recipes/recipe.schema.json}. */
    public static String schema() {
        return RecipeSchema.text(RecipeSchema.of(Layer.class, Architecture.class));
    }

    private RecipeLanguage() {}
}
