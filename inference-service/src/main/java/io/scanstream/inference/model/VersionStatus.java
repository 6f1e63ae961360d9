package io.scanstream.inference.model;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.model.ModelVersion;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A version as this process knows it.
 *
 * @param aliases those that it serves here, or will once it is in memory
 * @param code why it was refused, with the reason; absent otherwise
 */
public record VersionStatus(
        ModelVersion model,
        State state,
        List<String> aliases,
        @Nullable ErrorCode code,
        @Nullable String reason) {
    public VersionStatus {
        aliases = List.copyOf(aliases);
    }

    /** Where a version stands. */
    public enum State {
        LOADING,
        LOADED,
        REFUSED,
        /** Published, but not in memory for want of room: it is loaded when a scan asks for it. */
        ON_DEMAND
    }
}
