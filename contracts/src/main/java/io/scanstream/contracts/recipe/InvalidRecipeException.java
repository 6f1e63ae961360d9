package io.scanstream.contracts.recipe;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import java.util.List;
import java.util.stream.Collectors;

/** A recipe with mistakes: all of them, each with its path. */
public final class InvalidRecipeException extends ScanstreamException {
    private final transient List<Problem> problems;

    public InvalidRecipeException(List<Problem> problems) {
        super(ErrorCode.INVALID_RECIPE, problems.stream().map(Problem::toString).collect(Collectors.joining("\n")));
        this.problems = List.copyOf(problems);
    }

    public List<Problem> problems() {
        return problems;
    }
}
