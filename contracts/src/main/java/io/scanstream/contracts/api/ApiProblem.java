package io.scanstream.contracts.api;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.recipe.Problem;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The body of every answer from 400 on, {@code application/problem+json} (RFC 9457).
 *
 * @param type {@code urn:scanstream:} and the code; {@code about:blank} where the status says it all (no such address,
 *     method not allowed)
 * @param title the same for every problem of a type
 * @param detail what was expected, what came, and what to do
 * @param code absent with {@code about:blank}
 * @param errors each mistake with its path, where there can be several (recipes); else absent
 */
public record ApiProblem(
        String type,
        String title,
        int status,
        String detail,
        @Nullable ErrorCode code,
        @Nullable List<Problem> errors) {
    public static final String MEDIA_TYPE = "application/problem+json";

    public ApiProblem {
        errors = errors == null ? null : List.copyOf(errors);
    }
}
