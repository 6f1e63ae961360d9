package io.scanstream.gateway.problems;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.recipe.Problem;
import java.util.List;
import java.util.stream.Collectors;

/** A mistake in a request, with the status that says what kind, and each mistake where there can be several. */
public final class RequestRefused extends ScanstreamException {
    private final int status;
    private final transient List<Problem> errors;

    /** One mistake, with a status of its own. */
    public RequestRefused(int status, ErrorCode code, String message) {
        super(code, message);
        this.status = status;
        this.errors = List.of();
    }

    /** Mistakes in a body, each with its path: status 400. */
    public RequestRefused(List<Problem> errors) {
        super(ErrorCode.INVALID_REQUEST, errors.stream().map(Problem::toString).collect(Collectors.joining("\n")));
        this.status = 400;
        this.errors = List.copyOf(errors);
    }

    /** {@code INVALID_REQUEST}, status 400. */
    public static RequestRefused invalid(String message) {
        return new RequestRefused(400, ErrorCode.INVALID_REQUEST, message);
    }

    int status() {
        return status;
    }

    List<Problem> errors() {
        return errors;
    }
}
