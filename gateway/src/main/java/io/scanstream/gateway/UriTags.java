package io.scanstream.gateway;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.config.MeterFilter;
import java.util.Set;

/**
 * Keeps addresses that clients made up out of the measures: a request that is refused before a resource is found for it
 * (wrong method, odd media type) is counted under its raw address, and there is room for a hundred.
 */
final class UriTags implements MeterFilter {
    private static final String REQUESTS = "http.server.requests";
    private static final String URI = "uri";
    private static final Set<String> PLAIN = Set.of(
            "/api/v1/datasets",
            "/api/v1/recipes",
            "/api/v1/trainings",
            "/api/v1/scans",
            "/api/v1/scans/batch",
            "/api/v1/scans/events",
            "/api/v1/models",
            "/api/v1/subjects/exclusions",
            "NOT_FOUND",
            "REDIRECTION",
            "CORS_PREFLIGHT",
            "root");

    @Override
    public Meter.Id map(Meter.Id id) {
        String uri = id.getName().equals(REQUESTS) ? id.getTag(URI) : null;
        if (uri == null || uri.contains("{") || PLAIN.contains(uri)) {
            return id;
        }
        return id.replaceTags(id.getTags().stream()
                .map(tag -> tag.getKey().equals(URI) ? Tag.of(URI, "OTHER") : tag)
                .toList());
    }
}
