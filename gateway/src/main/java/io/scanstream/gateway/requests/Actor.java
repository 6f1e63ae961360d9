package io.scanstream.gateway.requests;

import io.scanstream.gateway.problems.RequestRefused;
import org.jspecify.annotations.Nullable;

/** Who asks for a change that is kept, and why. */
public final class Actor {
    private static final int LONGEST_NAME = 200;
    private static final int LONGEST_REASON = 2000;

    /**
     * Who asks, with a reason of a length that can be kept.
     *
     * @param reason absent: none was given
     * @throws RequestRefused saying what is wrong
     */
    public static String of(@Nullable String actor, @Nullable String reason) {
        if (actor == null || actor.isBlank() || actor.length() > LONGEST_NAME) {
            throw RequestRefused.invalid("actor: expected who asks for this, in 1 to " + LONGEST_NAME + " characters.");
        }
        if (reason != null && reason.length() > LONGEST_REASON) {
            throw RequestRefused.invalid("reason: longer than " + LONGEST_REASON + " characters.");
        }
        return actor;
    }

    private Actor() {}
}
