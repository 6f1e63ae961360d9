package io.scanstream.contracts.api;

import org.jspecify.annotations.Nullable;

/**
 * The body of {@code POST /models/{name}/{version}/promote}, of {@code POST /models/{name}/{version}/withdraw} and of {@code
 * POST /models/{name}/rollback}.
 *
 * @param alias absent: {@code champion}
 * @param actor who asks for it, a person's name; absent: the caller, where callers are known
 * @param reason for people; absent: none was given
 * @param override of a promotion: whether it shall be the champion although the gate has refused it; needs a reason
 */
public record AliasRequest(
        @Nullable String alias,
        @Nullable String actor,
        @Nullable String reason,
        @Nullable Boolean override) {
    /** Of whoever does not go against the gate. */
    public AliasRequest(@Nullable String alias, @Nullable String actor, @Nullable String reason) {
        this(alias, actor, reason, null);
    }
}
