package io.scanstream.contracts.api;

import org.jspecify.annotations.Nullable;

/**
 * The body of {@code POST /subjects/exclusions}.
 *
 * @param subject the id that manifests know the subject by
 * @param retrain whether the models that were trained on scans of the subject are trained anew without them; absent: no
 * @param actor who asks for it, a person's name; absent: the caller, where callers are known
 * @param reason for people; absent: none was given
 */
public record ExclusionRequest(
        @Nullable String subject,
        @Nullable Boolean retrain,
        @Nullable String actor,
        @Nullable String reason) {
    /** The subject is nobody's to log. */
    @Override
    public String toString() {
        return "ExclusionRequest[retrain=" + retrain + ", actor=" + actor + "]";
    }
}
