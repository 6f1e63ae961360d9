package io.scanstream.contracts.recipe;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import io.scanstream.contracts.Json;
import java.io.IOException;
import java.util.ArrayList;

/**
 * Reads recipes within cards and journals. They were checked when they came in, maybe by an older release: fields that are
 * newer than they are get their defaults, and nothing else is looked at.
 */
final class StoredRecipe extends StdDeserializer<Recipe> {
    private static final ObjectMapper FIELDS = Json.mapper().copy().addMixIn(Recipe.class, ByItsFields.class);

    @JsonDeserialize
    private interface ByItsFields {}

    StoredRecipe() {
        super(Recipe.class);
    }

    @Override
    public Recipe deserialize(JsonParser parser, DeserializationContext context) throws IOException {
        JsonNode tree = parser.readValueAsTree();
        new RecipeStructure(RecipeSchema.layersUnread(), new ArrayList<>()).check("recipe", tree);
        return bind(tree);
    }

    /** A recipe of a tree in which every field is written out. */
    static Recipe bind(JsonNode tree) throws JsonProcessingException {
        return FIELDS.treeToValue(tree, Recipe.class);
    }
}
