package io.scanstream.contracts.api;

import io.scanstream.contracts.consent.ExclusionOutcome;
import io.scanstream.contracts.consent.ExclusionRecord;
import io.scanstream.contracts.job.JobId;
import org.jspecify.annotations.Nullable;

/**
 * An exclusion: the answer to {@code POST /subjects/exclusions} and {@code DELETE /subjects/{id}}; {@code GET
 * /subjects/exclusions/{id}} answers one, {@code GET /subjects/exclusions} a list, newest first.
 *
 * @param before what was found; absent for the moment in which it is looked for
 * @param after what was done; absent while it is being done
 */
public record ExclusionView(
        JobId id,
        Status status,
        @Nullable ExclusionRecord before,
        @Nullable ExclusionOutcome after) {
    /** How far it is. */
    public enum Status {
        /** Under way; whatever stops it, it goes on. */
        EXCLUDING,
        /** All of it is done. */
        DONE
    }
}
