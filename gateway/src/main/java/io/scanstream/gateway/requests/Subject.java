package io.scanstream.gateway.requests;

import io.scanstream.gateway.problems.RequestRefused;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Whose scan a request brings. It goes into manifests and nowhere else in clear. */
public final class Subject {
    public static final String HEADER = "X-Scanstream-Subject";
    private static final int LONGEST = 200;

    /**
     * The id as it was given; absent: none was.
     *
     * @throws RequestRefused for one that is empty or too long, without repeating it
     */
    public static @Nullable String of(@Nullable String given) {
        if (given != null && (given.isBlank() || given.length() > LONGEST)) {
            throw RequestRefused.invalid(HEADER + ": expected the subject's id, in 1 to " + LONGEST + " characters.");
        }
        return given;
    }

    /** Whether a header, in lower case, is the subject's, which goes no further than the gateway. */
    public static boolean isHeader(String name) {
        return name.equals(HEADER.toLowerCase(Locale.ROOT));
    }

    private Subject() {}
}
