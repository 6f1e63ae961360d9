package io.scanstream.gateway.scans;

import io.scanstream.contracts.scoring.RoutingHeaders;
import io.scanstream.gateway.problems.RequestRefused;
import io.scanstream.gateway.requests.Parameters;
import io.scanstream.gateway.requests.Subject;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What is asked of a scan, beside its bytes.
 *
 * @param version the version that must score
 * @param alias the alias that chooses the version; without either {@code champion} does
 * @param deadline after which it need not be scored any more
 * @param urgent whether it overtakes the others
 * @param subject whose scan it is, if the sender says so; it goes no further
 * @param routing headers that the model's traffic may look at, by their names in lower case
 */
record ScanRequest(
        String model,
        @Nullable String version,
        @Nullable String alias,
        Optional<Instant> deadline,
        boolean urgent,
        String contentType,
        @Nullable String subject,
        Map<String, String> routing) {
    private static final List<String> PARAMETERS = List.of("model", "version", "alias", "deadline", "urgent");

    private static final String BYTES = "application/octet-stream";

    ScanRequest {
        routing = Collections.unmodifiableMap(new TreeMap<>(routing));
    }

    /** Refuses query parameters that mean nothing here: a misspelt one would let another version score. */
    static void requireKnown(Set<String> parameters) {
        for (String given : parameters) {
            if (!PARAMETERS.contains(given)) {
                throw RequestRefused.invalid("'" + Parameters.shown(given)
                        + "' is no query parameter of a scan; expected " + String.join(", ", PARAMETERS) + ".");
            }
        }
    }

    /** From query parameters and headers as they came; the model's name is not checked yet. */
    static ScanRequest of(
            @Nullable String model,
            @Nullable String version,
            @Nullable String alias,
            @Nullable String deadline,
            @Nullable String urgent,
            @Nullable String contentType) {
        if (model == null || model.isBlank()) {
            throw RequestRefused.invalid("model: missing. Name the model that shall score, as in ?model=lung.");
        }
        if (version != null && alias != null) {
            throw RequestRefused.invalid("version and alias: give one of the two.");
        }
        return new ScanRequest(
                model,
                version,
                alias,
                Parameters.instant("deadline", deadline),
                Parameters.flag("urgent", urgent),
                safe(contentType),
                null,
                Map.of());
    }

    /**
     * With what the request's headers say to the model's traffic. A value that no rule can ask for is left out, as are more
     * than {@link RoutingHeaders#MOST}.
     *
     * @param headers of the request, each with its values
     * @param taken which names, in lower case, are taken along
     */
    ScanRequest routedBy(Map<String, List<String>> headers, Predicate<String> taken) {
        TreeMap<String, String> routed = new TreeMap<>();
        AtomicReference<@Nullable String> subject = new AtomicReference<>();
        headers.forEach((name, values) -> {
            String lower = name.toLowerCase(Locale.ROOT);
            if (Subject.isHeader(lower) && !values.isEmpty()) {
                subject.set(Subject.of(values.get(0)));
            }
            if (taken.test(lower)
                    && !Subject.isHeader(lower)
                    && !values.isEmpty()
                    && RoutingHeaders.isValue(values.get(0))) {
                routed.put(lower, values.get(0));
            }
        });
        while (routed.size() > RoutingHeaders.MOST) {
            routed.pollLastEntry();
        }
        return new ScanRequest(model, version, alias, deadline, urgent, contentType, subject.get(), routed);
    }

    /** Only what says that the value is an image: never what would make a reader take it for a claim ticket. */
    private static String safe(@Nullable String contentType) {
        String type =
                contentType == null ? "" : contentType.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
        return type.matches("image/[a-z0-9.+-]{1,60}") ? type : BYTES;
    }

    /** Without the subject, who is nobody's to log. */
    @Override
    public String toString() {
        return "ScanRequest[" + model + ", version=" + version + ", alias=" + alias + ", urgent=" + urgent + "]";
    }

    /** Everything that makes a request another one, for idempotency. */
    String fingerprint() {
        String asked = String.join("\n", model, version + "", alias + "", deadline.toString(), urgent + "");
        return routing.isEmpty() ? asked : asked + "\n" + routing;
    }
}
