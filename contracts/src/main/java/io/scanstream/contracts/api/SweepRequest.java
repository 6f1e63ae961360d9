package io.scanstream.contracts.api;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The body of {@code POST /sweeps}: a training for every combination of values, and for each of them one a fold.
 *
 * @param training what they have in common; its model is by default named after the sweep
 * @param grid the values to try, by path within the recipe
 * @param folds so many parts, of which each training validates on another one; absent: no cross-validation
 */
public record SweepRequest(
        TrainingRequest training,
        @Nullable Map<String, List<JsonNode>> grid,
        @Nullable Integer folds) {
    public SweepRequest {
        grid = grid == null ? null : Collections.unmodifiableMap(new LinkedHashMap<>(grid));
    }
}
