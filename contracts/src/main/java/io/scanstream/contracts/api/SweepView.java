package io.scanstream.contracts.api;

import com.fasterxml.jackson.databind.JsonNode;
import io.scanstream.contracts.job.JobId;
import io.scanstream.contracts.job.JobStatus;
import io.scanstream.contracts.model.ModelVersion;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A sweep and how its settings compare, the best first. They are compared on validation figures: the test split is for the
 * one that is chosen.
 *
 * @param metric the figure that they are compared by
 * @param running how many trainings have not ended
 */
public record SweepView(
        JobId id, String model, String metric, int running, List<Candidate> candidates, Instant createdAt) {

    /**
     * One combination of values.
     *
     * @param figures means over the trainings that have one, of each one's best epoch
     */
    public record Candidate(Map<String, JsonNode> settings, Map<String, Double> figures, List<Run> runs) {
        public Candidate {
            settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
            figures = Collections.unmodifiableMap(new LinkedHashMap<>(figures));
            runs = List.copyOf(runs);
        }
    }

    /**
     * One training.
     *
     * @param fold absent without cross-validation
     * @param epoch the best one so far
     * @param figures that epoch's on validation
     * @param result the version that it has published
     * @param reason why it ended without one
     */
    public record Run(
            JobId job,
            @Nullable Integer fold,
            JobStatus status,
            @Nullable Integer epoch,
            Map<String, Double> figures,
            @Nullable ModelVersion result,
            @Nullable String reason) {
        public Run {
            figures = Collections.unmodifiableMap(new LinkedHashMap<>(figures));
        }
    }

    public SweepView {
        candidates = List.copyOf(candidates);
    }
}
