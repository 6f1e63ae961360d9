package io.scanstream.gateway.scans;

import io.scanstream.gateway.problems.RequestRefused;
import io.scanstream.gateway.requests.Parameters;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What is asked of a scan, beside its bytes.
 *
 * @param version the version that must score
 * @param alias the alias that chooses the version; without either {@code champion} does
 * @param deadline after which it need not be scored any more
 * @param urgent whether it overtakes the others
 */
record ScanRequest(
        String model,
        @Nullable String version,
        @Nullable String alias,
        Optional<Instant> deadline,
        boolean urgent,
        String contentType) {
    private static final String BYTES = "application/octet-stream";

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
                safe(contentType));
    }

    /** Only what says that the value is an image: never what would make a reader take it for a claim ticket. */
    private static String safe(@Nullable String contentType) {
        String type =
                contentType == null ? "" : contentType.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
        return type.matches("image/[a-z0-9.+-]{1,60}") ? type : BYTES;
    }

    /** Everything that makes a request another one, for idempotency. */
    String fingerprint() {
        return String.join("\n", model, version + "", alias + "", deadline.toString(), urgent + "");
    }
}
