package io.scanstream.contracts.api;

import org.jspecify.annotations.Nullable;

/**
 * The body of {@code POST /models/{name}/{version}/promote} and of {@code POST /models/{name}/rollback}.
 *
 * @param alias absent: {@code champion}
 * @param actor who asks for it, a person's name; absent: the caller, where callers are known
 * @param reason for people; absent: none was given
 */
public record AliasRequest(
        @Nullable String alias,
        @Nullable String actor,
        @Nullable String reason) {}
