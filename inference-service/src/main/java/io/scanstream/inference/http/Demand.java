package io.scanstream.inference.http;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.inference.scoring.Urgency;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How soon an answer is wanted.
 *
 * @param within after which nobody wants it any more, from when the request came; absent: it may take its time
 */
record Demand(Urgency urgency, @Nullable Duration within) {
    /**
     * Milliseconds from when the request comes, so that clocks need not agree. No standard says this of HTTP: {@code Prefer:
     * wait} (RFC 7240) has whole seconds and asks for another answer, not for none.
     */
    static final String DEADLINE = "X-Scanstream-Deadline-Ms";

    /** For what costs next to nothing. */
    static final Demand AT_ONCE = new Demand(Urgency.URGENT, null);

    private static final long MOST_MILLIS = Duration.ofDays(1).toMillis();

    /**
     * From a query parameter and a header as they came.
     *
     * @param urgent {@code true}, {@code false} or, which is true, nothing
     * @param deadline 1 to a day's milliseconds
     * @throws ScanstreamException {@code INVALID_REQUEST} naming the one that is neither
     */
    static Demand of(@Nullable String urgent, @Nullable String deadline) {
        return new Demand(
                isTrue(urgent) ? Urgency.URGENT : Urgency.ROUTINE,
                deadline == null ? null : Duration.ofMillis(millis(deadline.strip())));
    }

    private static boolean isTrue(@Nullable String urgent) {
        if (urgent == null || urgent.equalsIgnoreCase("false")) {
            return false;
        }
        if (urgent.isEmpty() || urgent.equalsIgnoreCase("true")) {
            return true;
        }
        throw new ScanstreamException(
                ErrorCode.INVALID_REQUEST, "urgent: expected was true or false, not '" + shown(urgent) + "'.");
    }

    private static long millis(String text) {
        if (text.matches("\\d{1,9}")) {
            long millis = Long.parseLong(text);
            if (millis >= 1 && millis <= MOST_MILLIS) {
                return millis;
            }
        }
        throw new ScanstreamException(
                ErrorCode.INVALID_REQUEST,
                DEADLINE + ": expected were 1 to " + MOST_MILLIS + " milliseconds, not '" + shown(text) + "'.");
    }

    private static String shown(String text) {
        return text.length() > 40 ? text.substring(0, 40) + "…" : text;
    }

    boolean urgent() {
        return urgency == Urgency.URGENT;
    }
}
