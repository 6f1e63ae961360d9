package io.scanstream.gateway.sweeps;

import com.fasterxml.jackson.databind.JsonNode;
import io.scanstream.contracts.recipe.Problem;
import io.scanstream.gateway.problems.RequestRefused;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** All combinations of the values of some fields, the first field's values changing slowest. */
final class Grid {
    /** More trainings than that in one request are a mistake more often than a wish. */
    static final int MOST = 256;

    /**
     * The combinations; one, which is empty, where there is no field.
     *
     * @throws RequestRefused naming a field without values or with one twice, and too many combinations
     */
    static List<Map<String, JsonNode>> combinations(Map<String, List<JsonNode>> values) {
        List<Problem> problems = new ArrayList<>();
        values.forEach((path, options) -> {
            if (options == null || options.isEmpty()) {
                problems.add(new Problem("grid." + path, "expected a list of values, found none."));
            } else if (new HashSet<>(options).size() < options.size()) {
                problems.add(new Problem("grid." + path, "has a value twice: " + options + "."));
            }
        });
        if (!problems.isEmpty()) {
            throw new RequestRefused(problems);
        }
        List<Map<String, JsonNode>> combinations = List.of(Map.of());
        for (Map.Entry<String, List<JsonNode>> field : values.entrySet()) {
            List<Map<String, JsonNode>> longer = new ArrayList<>();
            for (Map<String, JsonNode> shorter : combinations) {
                for (JsonNode option : field.getValue()) {
                    Map<String, JsonNode> combination = new LinkedHashMap<>(shorter);
                    combination.put(field.getKey(), option);
                    longer.add(combination);
                }
            }
            combinations = longer;
            requireFew(combinations.size());
        }
        return combinations;
    }

    /** Refuses more trainings than {@link #MOST}. */
    static void requireFew(long trainings) {
        if (trainings > MOST) {
            throw new RequestRefused(List.of(
                    new Problem("grid", "means " + trainings + " trainings or more; at most " + MOST + " a sweep.")));
        }
    }

    private Grid() {}
}
