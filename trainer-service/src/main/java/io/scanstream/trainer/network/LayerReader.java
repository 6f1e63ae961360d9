package io.scanstream.trainer.network;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.recipe.InvalidRecipeException;
import io.scanstream.contracts.recipe.Problem;
import io.scanstream.contracts.recipe.RecipeSchema;
import io.scanstream.contracts.recipe.RecipeStructure;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Reads layers as recipes write them; every mistake is reported with its path. */
final class LayerReader {
    private static final JsonNode SCHEMA = RecipeSchema.ofFamily(Layer.class);
    private static final Set<String> WITH_OUTPUTS = Set.of("conv", "transposedConv", "linear");

    /**
     * Reads a list of layers.
     *
     * @param path of the list in the recipe
     * @throws InvalidRecipeException listing everything that is wrong
     */
    static List<Layer> read(String path, List<JsonNode> nodes) {
        List<Problem> problems = new ArrayList<>();
        RecipeStructure structure = new RecipeStructure(SCHEMA, problems);
        List<JsonNode> trees = new ArrayList<>();
        List<String> left = new ArrayList<>();
        for (int i = 0; i < nodes.size(); i++) {
            JsonNode tree = nodes.get(i).deepCopy();
            structure.check(path + "[" + i + "]", tree);
            trees.add(tree);
            collect(path + "[" + i + "]", tree, left);
        }
        requireOutputs(left, problems);
        if (!problems.isEmpty()) {
            throw new InvalidRecipeException(problems);
        }
        return trees.stream().map(LayerReader::layer).toList();
    }

    /**
     * Paths of the layers that name no number of outputs; a layer that does name one is an empty text. The task's number
     * is right for the last of them all only, so that a slip elsewhere is not taken for it.
     */
    private static void collect(String path, JsonNode node, List<String> left) {
        if (node.isObject() && WITH_OUTPUTS.contains(node.path("type").asText())) {
            left.add(node.hasNonNull("out") ? "" : path);
        }
        if (node.isObject()) {
            node.properties().forEach(field -> collect(path + "." + field.getKey(), field.getValue(), left));
        }
        for (int i = 0; node.isArray() && i < node.size(); i++) {
            collect(path + "[" + i + "]", node.get(i), left);
        }
    }

    private static void requireOutputs(List<String> left, List<Problem> problems) {
        for (int i = 0; i < left.size() - 1; i++) {
            if (!left.get(i).isEmpty()) {
                problems.add(new Problem(
                        left.get(i) + ".out",
                        "is missing. Only the last layer may leave it out: it gives the classes."));
            }
        }
    }

    private static Layer layer(JsonNode tree) {
        try {
            return Json.mapper().treeToValue(tree, Layer.class);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a layer that was found right cannot be read: " + tree, e);
        }
    }

    private LayerReader() {}
}
