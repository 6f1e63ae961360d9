package io.scanstream.inference.model;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.model.ModelVersion;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A version as this process knows it.
 *
 * @param aliases those that it serves here
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
        REFUSED
    }
}
