package io.scanstream.bench.results;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.recipe.Recipe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which recipes are trained on what, {@code bench/results.yaml}.
 *
 * @param rows in the table's order
 * @param calibration those whose calibration is told, in a table of its own
 */
record Plan(List<Row> rows, List<Row> calibration) {

    /**
     * One line of the table.
     *
     * @param recipe a name under {@code recipes/}
     * @param data a folder below the data's
     * @param seeds one run each
     * @param classes the data's class folders that are used; none: all
     * @param set fields of the recipe that are replaced, by path; what is changed has to be said in the note
     * @param figure the one of the test split that counts, as {@code train} prints it
     * @param reported what the report says that the recipe is from
     * @param bar what the figure has to reach
     * @param note for people
     */
    record Row(
            String recipe,
            String data,
            List<Long> seeds,
            List<String> classes,
            Map<String, String> set,
            String figure,
            @Nullable String reported,
            @Nullable Double bar,
            @Nullable String note) {
        Row {
            seeds = seeds == null ? List.of(1L, 2L, 3L) : List.copyOf(seeds);
            classes = classes == null ? List.of() : List.copyOf(classes);
            set = set == null ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(set));
            figure = figure == null ? "accuracy" : figure;
        }

        /** Whether the recipe begins with weights that cannot be had here: it runs, and its figure means nothing. */
        boolean withoutItsWeights() {
            return Recipe.Network.NO_WEIGHTS.equals(set.get("network.weights"));
        }

        List<Run> runs() {
            return seeds.stream()
                    .map(seed -> new Run(recipe, data, classes, set, seed))
                    .toList();
        }
    }

    /** One training. */
    record Run(
            String recipe,
            String data,
            @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> classes,
            Map<String, String> set,
            long seed) {
        Run {
            classes = classes == null ? List.of() : List.copyOf(classes);
        }
    }

    Plan {
        rows = List.copyOf(rows);
        calibration = calibration == null ? List.of() : List.copyOf(calibration);
    }

    /**
     * Reads a plan.
     *
     * @throws ScanstreamException {@code INVALID_REQUEST} saying what is wrong with the file
     */
    static Plan read(Path file) throws IOException {
        YAMLMapper yaml = YAMLMapper.builder()
                .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                .build();
        try {
            return yaml.readValue(Files.readAllBytes(file), Plan.class);
        } catch (JsonProcessingException e) {
            throw new ScanstreamException(ErrorCode.INVALID_REQUEST, file + ": " + e.getOriginalMessage(), e);
        }
    }
}
