package io.scanstream.access.http;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.config.MeterFilter;
import io.scanstream.access.AccessRule;
import io.scanstream.access.AccessRules;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Keeps addresses that clients made up out of the measures: a request that is refused before a resource is found for it
 * (no key, wrong method, odd media type) is counted under its raw address, and there is room for a hundred.
 */
final class UriTags implements MeterFilter {
    private static final String REQUESTS = "http.server.requests";
    private static final String URI = "uri";
    /** What Quarkus calls some that it knows. */
    private static final Set<String> WORDS = Set.of("NOT_FOUND", "REDIRECTION", "CORS_PREFLIGHT", "root");

    private final Set<String> templates;

    /** With the addresses that a table has. */
    UriTags(AccessRules rules) {
        templates = rules.all().stream().map(AccessRule::path).collect(Collectors.toSet());
    }

    @Override
    public Meter.Id map(Meter.Id id) {
        String uri = id.getName().equals(REQUESTS) ? id.getTag(URI) : null;
        if (uri == null || templates.contains(uri) || WORDS.contains(uri)) {
            return id;
        }
        return id.replaceTags(id.getTags().stream()
                .map(tag -> tag.getKey().equals(URI) ? Tag.of(URI, "OTHER") : tag)
                .toList());
    }
}
