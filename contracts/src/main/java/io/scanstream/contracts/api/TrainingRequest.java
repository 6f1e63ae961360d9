package io.scanstream.contracts.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The body of {@code POST /trainings}.
 *
 * @param recipe the name of a recipe of {@code GET /recipes} as a text, or a whole recipe as an object
 * @param overrides values by path within the recipe, for instance {@code optimizer.learningRate} to {@code 0.01}; a text is
 *     read as YAML, as on the command line
 * @param model the model to publish a version of; absent: the recipe's name
 * @param seed short for the override {@code training.seed}
 * @param epochs short for the override {@code training.epochs}
 */
public record TrainingRequest(
        JsonNode recipe,
        @Nullable Map<String, JsonNode> overrides,
        Dataset dataset,
        @Nullable String model,
        @Nullable Long seed,
        @Nullable Integer epochs) {

    /**
     * What to train on.
     *
     * @param version absent: the newest that is ready
     */
    public record Dataset(String name, @Nullable Integer version) {}

    public TrainingRequest {
        overrides = overrides == null ? null : Collections.unmodifiableMap(new LinkedHashMap<>(overrides));
    }

    /** A named recipe as it is. */
    public static TrainingRequest of(String recipe, Dataset dataset) {
        return new TrainingRequest(TextNode.valueOf(recipe), null, dataset, null, null, null);
    }
}
