package io.scanstream.contracts.recipe;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import io.scanstream.contracts.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Reads recipes from YAML (JSON is YAML too). Strict: unknown fields, wrong types, values out of range and
 * contradictions are all reported at once, each with its path; what is left out is filled in with its default.
 */
public final class RecipeReader {
    private static final ObjectMapper YAML = new ObjectMapper(YAMLFactory.builder()
                    .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    /**
     * Reads a recipe.
     *
     * @throws InvalidRecipeException with every mistake
     */
    public static Recipe read(byte[] yaml) {
        return read(yaml, Map.of());
    }

    /** As {@link #read(byte[], Map, JsonNode)}, with the network's layers unread. */
    public static Recipe read(byte[] yaml, Map<String, String> overrides) {
        return read(yaml, overrides, RecipeSchema.layersUnread());
    }

    /**
     * Reads a recipe with some fields replaced.
     *
     * @param overrides YAML values by path, for instance {@code optimizer.learningRate} to {@code 0.01}, or {@code
     *     network.layers[0].out} to {@code 32}
     * @param schema made by {@link RecipeSchema#of}, which knows the network's layers
     * @throws InvalidRecipeException with every mistake
     */
    public static Recipe read(byte[] yaml, Map<String, String> overrides, JsonNode schema) {
        return read(yaml, overrides, schema, none -> List.of());
    }

    /**
     * Reads a recipe with some fields replaced, and holds it against something else.
     *
     * @param against what contradicts a recipe, a data set for instance: {@link RecipeCheck#against}
     * @throws InvalidRecipeException with every mistake, and everything that contradicts
     */
    public static Recipe read(
            byte[] yaml,
            Map<String, String> overrides,
            JsonNode schema,
            Function<? super Recipe, List<Problem>> against) {
        JsonNode tree = parse("recipe", yaml);
        if (!(tree instanceof ObjectNode root)) {
            throw new InvalidRecipeException(
                    List.of(new Problem("recipe", "not a mapping of fields; found " + tree.getNodeType() + ".")));
        }
        List<Problem> problems = new ArrayList<>();
        overrides.forEach((path, value) ->
                FieldPath.set(root, path, parse("recipe." + path, utf8(value))).ifPresent(problems::add));
        return read(root, problems, schema, against);
    }

    /**
     * Reads a recipe from a parsed tree, which is filled in with the defaults.
     *
     * @throws InvalidRecipeException with every mistake
     */
    public static Recipe read(ObjectNode tree) {
        return read(tree, new ArrayList<>(), RecipeSchema.layersUnread(), none -> List.of());
    }

    private static Recipe read(
            ObjectNode tree, List<Problem> problems, JsonNode schema, Function<? super Recipe, List<Problem>> against) {
        // On a copy: layers stay as they were written.
        new RecipeStructure(schema, problems).check("recipe", tree.deepCopy());
        RecipeStructure structure = new RecipeStructure(RecipeSchema.layersUnread(), new ArrayList<>());
        structure.check("recipe", tree);
        if (!structure.readable()) {
            throw new InvalidRecipeException(problems);
        }
        Recipe recipe;
        try {
            recipe = StoredRecipe.bind(tree);
        } catch (JsonProcessingException e) {
            problems.add(new Problem("recipe", Json.reason(e)));
            throw new InvalidRecipeException(problems);
        }
        problems.addAll(RecipeCheck.alone(recipe));
        Set<String> paths = problems.stream().map(Problem::path).collect(Collectors.toSet());
        against.apply(recipe).stream()
                .filter(problem -> !paths.contains(problem.path()))
                .forEach(problems::add);
        if (!problems.isEmpty()) {
            throw new InvalidRecipeException(problems);
        }
        return recipe;
    }

    /** The recipe as YAML with every field written out. */
    public static byte[] write(Recipe recipe) {
        try {
            return YAML.writeValueAsBytes(Json.mapper().valueToTree(recipe));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a recipe is always writable", e);
        }
    }

    private static JsonNode parse(String where, byte[] yaml) {
        try {
            JsonNode tree = YAML.readTree(yaml);
            return tree == null ? YAML.nullNode() : tree;
        } catch (IOException e) {
            throw new InvalidRecipeException(List.of(new Problem(where, "not YAML: " + Json.reason(e))));
        }
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private RecipeReader() {}
}
