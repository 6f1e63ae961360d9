package io.scanstream.contracts.scoring;

import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Headers of a sender's own that the traffic of a model may look at, over HTTP and, under the same name in lower case, on a
 * record of {@code scans}. The gateway hands on those whose name begins with {@link #PREFIX}, and those that a rule names.
 */
public final class RoutingHeaders {
    /** Of names that are handed on whether a rule names them or not, so that a rule holds for scans that wait already. */
    public static final String PREFIX = "x-scanstream-";

    /** Most headers of one scan that are handed on. */
    public static final int MOST = 16;

    /** What a rule must say, for messages. */
    public static final String EXPECTED =
            "expected a header's name, 1 to 64 of a-z, 0-9 and '-', that is none of HTTP's or tracing's own, and a value of"
                    + " 1 to 256 printable ASCII characters without spaces at its ends.";

    private static final Pattern NAME = Pattern.compile("[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?");
    private static final Pattern VALUE = Pattern.compile("[!-~](?:[ -~]{0,254}[!-~])?");

    /** What must not lie on Kafka for days, and what means something else on a record. */
    private static final Set<String> RESERVED = Set.of(
            "authorization",
            "proxy-authorization",
            "cookie",
            "content-type",
            "content-length",
            "content-encoding",
            "traceparent",
            "tracestate",
            "baggage",
            "idempotency-key");

    /** Whether a rule may look at a header: its name, in lower case. */
    public static boolean isName(String name) {
        return NAME.matcher(name).matches() && !RESERVED.contains(name);
    }

    /** Whether a rule may ask for a value, and a header with it be handed on: no control characters, no more than 256. */
    public static boolean isValue(String value) {
        return VALUE.matcher(value).matches();
    }

    /** The headers of one scan. */
    public interface Values {
        /** A header's value for its name in lower case; null without one. */
        @Nullable
        String of(String name);
    }

    private RoutingHeaders() {}
}
