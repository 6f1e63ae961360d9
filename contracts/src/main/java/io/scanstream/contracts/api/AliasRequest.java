package io.scanstream.contracts.api;

import org.jspecify.annotations.Nullable;

/**
 * The body of {@code POST /models/{name}/{version}/promote} and of {@code POST /models/{name}/rollback}.
 *
 * @param alias absent: {@code champion}
 * @param actor who asks for it, a person's name
 * @param reason for people; absent: none was given
 */
public record AliasRequest(
        @Nullable String alias, String actor, @Nullable String reason) {}
