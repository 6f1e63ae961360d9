package io.scanstream.gateway.requests;

import io.scanstream.gateway.problems.RequestRefused;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Query parameters and headers that are not plain text. */
public final class Parameters {
    private static final Pattern WAIT = Pattern.compile("(?i)(?:^|[,;\\s])wait\\s*=\\s*\"?(\\d{1,6})\"?(?:$|[,;\\s])");

    /** The longest that a request is held for {@code Prefer: wait}. */
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(60);

    private static final int LARGEST_PAGE = 1000;

    /** A whole number within bounds. */
    public static int whole(String name, @Nullable String text, int fallback, int least, int most) {
        if (text == null || text.isBlank()) {
            return fallback;
        }
        try {
            int value = Integer.parseInt(text.strip());
            if (value >= least && value <= most) {
                return value;
            }
        } catch (NumberFormatException e) {
            // Told below.
        }
        throw RequestRefused.invalid(
                name + ": '" + shown(text) + "' is not a whole number from " + least + " to " + most + ".");
    }

    public static int offset(@Nullable String text) {
        return whole("offset", text, 0, 0, Integer.MAX_VALUE);
    }

    public static int limit(@Nullable String text) {
        return whole("limit", text, 100, 1, LARGEST_PAGE);
    }

    /** {@code true} or {@code false}; a parameter without a value is true. */
    public static boolean flag(String name, @Nullable String text) {
        if (text == null || text.equalsIgnoreCase("false")) {
            return false;
        }
        if (text.isEmpty() || text.equalsIgnoreCase("true")) {
            return true;
        }
        throw RequestRefused.invalid(name + ": '" + shown(text) + "' is neither true nor false.");
    }

    /** A moment as RFC 3339 has it. */
    public static Optional<Instant> instant(String name, @Nullable String text) {
        if (text == null || text.isBlank()) {
            return Optional.empty();
        }
        try {
            // A plus sign that was not escaped comes as a space.
            return Optional.of(
                    OffsetDateTime.parse(text.strip().replace(' ', '+')).toInstant());
        } catch (DateTimeParseException e) {
            throw RequestRefused.invalid(
                    name + ": '" + shown(text) + "' is not a time such as 2026-11-20T19:30:00Z (RFC 3339).");
        }
    }

    /** How long the client prefers to wait for an answer (RFC 7240), at most a minute; zero if it does not. */
    public static Duration preferredWait(@Nullable String prefer) {
        Matcher wait = WAIT.matcher(prefer == null ? "" : prefer);
        if (!wait.find()) {
            return Duration.ZERO;
        }
        Duration asked = Duration.ofSeconds(Long.parseLong(wait.group(1)));
        return asked.compareTo(LONGEST_WAIT) > 0 ? LONGEST_WAIT : asked;
    }

    /** {@code Idempotency-Key}, checked: 1 to 255 printable ASCII characters. */
    public static Optional<String> idempotencyKey(@Nullable String text) {
        if (text == null) {
            return Optional.empty();
        }
        if (!text.matches("[\\x21-\\x7e][\\x20-\\x7e]{0,254}")) {
            throw RequestRefused.invalid("Idempotency-Key: expected 1 to 255 printable ASCII characters.");
        }
        return Optional.of(text);
    }

    /** A text from a client, cut for a message. */
    public static String shown(String text) {
        return text.length() > 80 ? text.substring(0, 80) + "…" : text;
    }

    private Parameters() {}
}
