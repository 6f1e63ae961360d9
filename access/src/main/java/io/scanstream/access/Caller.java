package io.scanstream.access;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who sent a request, as far as that was proved.
 *
 * @param name of a token's user, or {@code key:} and the name of an API key; at most {@link #LONGEST_NAME} characters, none
 *     of them a control character
 */
public record Caller(String name, Set<Role> roles) {
    static final int LONGEST_NAME = 150;
    /** As journals take it. */
    static final int LONGEST_ACTOR = 200;

    public Caller {
        String printable = name.replaceAll("\\p{Cntrl}", "?");
        name = printable.length() > LONGEST_NAME ? printable.substring(0, LONGEST_NAME) : printable;
        roles = Set.copyOf(roles);
    }

    /**
     * Who is to be named in a journal: this caller, and for whom it says that it acts.
     *
     * @param claimed what the request says; absent or the caller itself: the caller
     */
    public String actor(@Nullable String claimed) {
        if (claimed == null || claimed.isBlank() || claimed.equals(name)) {
            return name;
        }
        String both = name + " for " + claimed.strip();
        return both.length() > LONGEST_ACTOR ? both.substring(0, LONGEST_ACTOR) : both;
    }
}
