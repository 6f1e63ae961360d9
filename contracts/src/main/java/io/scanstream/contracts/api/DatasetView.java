package io.scanstream.contracts.api;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.job.JobId;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One version of a data set: the answer to {@code POST /datasets/{name}} (202, with its address in {@code Location}) and
 * to {@code GET /datasets/{name}/{version}}.
 *
 * @param job the ingest job, for {@code GET /jobs/{id}/events}
 * @param contents once it is {@code READY}
 * @param code why it is {@code FAILED}
 * @param reason why it is {@code FAILED}, for people
 * @param createdAt when the upload began
 */
public record DatasetView(
        String name,
        int version,
        DatasetState state,
        JobId job,
        @Nullable Contents contents,
        @Nullable ErrorCode code,
        @Nullable String reason,
        Instant createdAt) {

    /**
     * What a version holds.
     *
     * @param classes sorted, a model's class order
     * @param images that can be used, duplicates left out
     * @param counts images by split ({@code train}, {@code validation}, {@code test}), then by class; duplicates left
     *     out; every class is there, with 0 if need be
     * @param rejected files that are no usable image, see {@code GET …/rejected}
     * @param duplicates images left out for having the bytes of another, see {@code GET …/duplicates}
     */
    public record Contents(
            List<String> classes, int images, Map<String, Map<String, Integer>> counts, int rejected, int duplicates) {
        public Contents {
            classes = List.copyOf(classes);
            Map<String, Map<String, Integer>> copy = new LinkedHashMap<>();
            counts.forEach(
                    (split, byClass) -> copy.put(split, Collections.unmodifiableMap(new LinkedHashMap<>(byClass))));
            counts = Collections.unmodifiableMap(copy);
        }
    }
}
