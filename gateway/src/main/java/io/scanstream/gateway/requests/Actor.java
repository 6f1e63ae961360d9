package io.scanstream.gateway.requests;

import io.scanstream.contracts.recipe.Problem;
import io.scanstream.gateway.problems.RequestRefused;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Who asks for a change that is kept, and why. */
public final class Actor {
    private static final int LONGEST_NAME = 200;
    private static final int LONGEST_REASON = 2000;

    /**
     * Who asks, with a reason of a length that can be kept.
     *
     * @param reason absent: none was given
     * @throws RequestRefused with the first mistake
     */
    public static String of(@Nullable String actor, @Nullable String reason) {
        List<Problem> mistakes = mistakes(actor, reason);
        if (!mistakes.isEmpty()) {
            throw RequestRefused.invalid(mistakes.get(0).toString());
        }
        return Objects.requireNonNull(actor);
    }

    /** Every mistake in who asks, and why. */
    public static List<Problem> mistakes(@Nullable String actor, @Nullable String reason) {
        List<Problem> found = new ArrayList<>();
        if (actor == null || actor.isBlank() || actor.length() > LONGEST_NAME) {
            found.add(new Problem("actor", "expected who asks for this, in 1 to " + LONGEST_NAME + " characters."));
        }
        if (reason != null && reason.length() > LONGEST_REASON) {
            found.add(new Problem("reason", "longer than " + LONGEST_REASON + " characters."));
        }
        return found;
    }

    private Actor() {}
}
