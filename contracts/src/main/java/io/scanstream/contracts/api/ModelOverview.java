package io.scanstream.contracts.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.scanstream.contracts.dataset.DatasetVersion;
import io.scanstream.contracts.model.ExclusionNotice;
import io.scanstream.contracts.model.Metrics;
import io.scanstream.contracts.model.Withdrawal;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A model: {@code GET /models} answers a list of these, {@code GET /models/{name}} one. The whole card of a version is at
 * {@code GET /models/{name}/{version}}, a {@link io.scanstream.contracts.model.ModelCard}.
 *
 * @param aliases the version that each alias means; an alias that means nothing is left out
 * @param versions oldest first
 */
public record ModelOverview(String name, Map<String, String> aliases, List<Version> versions) {

    /**
     * One published version.
     *
     * @param test figures on the test split, if there was one
     * @param withdrawn why it must not be used any more; absent: it may
     * @param exclusions of subjects whose scans it was trained on; left out where there are none
     */
    public record Version(
            String version,
            @Nullable DatasetVersion dataset,
            @Nullable Metrics test,
            Instant createdAt,
            @Nullable Withdrawal withdrawn,
            @JsonInclude(JsonInclude.Include.NON_EMPTY) List<ExclusionNotice> exclusions) {
        public Version {
            exclusions = exclusions == null ? List.of() : List.copyOf(exclusions);
        }
    }

    public ModelOverview {
        aliases = Collections.unmodifiableMap(new LinkedHashMap<>(aliases));
        versions = List.copyOf(versions);
    }
}
