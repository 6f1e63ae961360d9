package io.scanstream.contracts.job;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Many trainings of one recipe with some fields different, {@code sweeps/<id>.json}. Each training is a job like any other;
 * whoever finds one that has no journal yet makes it from here.
 *
 * @param id like a job's
 * @param model the model whose versions the trainings publish
 */
public record Sweep(JobId id, String model, List<Run> runs, Instant createdAt) {

    /**
     * One training.
     *
     * @param settings values by path within the recipe, of the fields that differ between the runs
     * @param fold which part of the training images it validates on, from 0; absent without cross-validation
     */
    public record Run(
            JobId job,
            Map<String, JsonNode> settings,
            @Nullable Integer fold,
            JobState.Training work) {
        public Run {
            settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
        }
    }

    public Sweep {
        runs = List.copyOf(runs);
    }
}
