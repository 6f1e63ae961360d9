package io.scanstream.gateway.problems;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.api.ApiProblem;
import io.scanstream.contracts.recipe.InvalidRecipeException;
import io.scanstream.contracts.recipe.Problem;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** From exceptions to problems. */
public final class Problems {
    /** What a client is told to wait after a 503, in seconds. */
    static final int RETRY_AFTER_SECONDS = 5;

    static ApiProblem of(ScanstreamException e) {
        if (isOurs(e)) {
            return problem(500, ErrorCode.INTERNAL, hidden(ErrorCode.INTERNAL), List.of());
        }
        if (e instanceof RequestRefused refused) {
            return problem(refused.status(), e.code(), message(e), refused.errors());
        }
        List<Problem> errors = e instanceof InvalidRecipeException recipe ? recipe.problems() : List.of();
        int status = status(e.code());
        return problem(status, e.code(), status >= 500 ? hidden(e.code()) : message(e), errors);
    }

    /** What a client is told of an exception. */
    public static String detail(ScanstreamException e) {
        return of(e).detail();
    }

    /** A defect of ours: the log has it, the client learns only that. */
    static ApiProblem defect() {
        return problem(500, ErrorCode.INTERNAL, hidden(ErrorCode.INTERNAL), List.of());
    }

    /** What the status alone says. */
    static ApiProblem ofStatus(int status, @Nullable String detail) {
        String title = title(status);
        return new ApiProblem("about:blank", title, status, detail == null ? title + "." : detail, null, null);
    }

    /** Whether the log should have it with its stack. */
    static boolean isOurs(ScanstreamException e) {
        if (e.code() == ErrorCode.INTERNAL || e.code() == ErrorCode.MODEL_NOT_VERIFIED) {
            return true;
        }
        // Stored JSON that cannot be read, or a store that refuses us: no request is to blame for either.
        Throwable cause = e.getCause();
        return e.code() == ErrorCode.INVALID_REQUEST
                && cause != null
                && (cause instanceof IOException || cause.getClass().getName().startsWith("io.minio."));
    }

    private static ApiProblem problem(int status, ErrorCode code, String detail, List<Problem> errors) {
        String name = code.name().toLowerCase(Locale.ROOT).replace('_', '-');
        String words = code.name().toLowerCase(Locale.ROOT).replace('_', ' ');
        return new ApiProblem(
                "urn:scanstream:" + name,
                Character.toUpperCase(words.charAt(0)) + words.substring(1),
                status,
                detail,
                code,
                errors.isEmpty() ? null : errors);
    }

    private static String message(ScanstreamException e) {
        String message = e.getMessage();
        return message == null ? e.code().name() : message;
    }

    private static String hidden(ErrorCode code) {
        return switch (code) {
            case STORE_UNAVAILABLE -> "The object store does not answer. Try again in a few seconds.";
            case BROKER_UNAVAILABLE -> "Kafka does not answer. Try again in a few seconds.";
            case INFERENCE_UNAVAILABLE ->
                "The inference service does not answer, or the gateway was not told where it is"
                        + " (scanstream.inference.url).";
            case OVERLOADED -> "The gateway has all the requests that it can hold. Try again in a few seconds.";
            default -> "A defect in the gateway; its log has the details.";
        };
    }

    private static int status(ErrorCode code) {
        return switch (code) {
            case TOO_LARGE -> 413;
            case UNKNOWN_DATASET,
                    UNKNOWN_RECIPE,
                    UNKNOWN_JOB,
                    UNKNOWN_SCAN,
                    UNKNOWN_SUBJECT,
                    UNKNOWN_MODEL,
                    UNKNOWN_TRAFFIC -> 404;
            case SCAN_FORGOTTEN, MODEL_WITHDRAWN -> 410;
            case DATASET_NOT_READY, ALREADY_ENDED, GATE_REFUSED, IN_USE, CANCELLED, CONFLICT -> 409;
            case STORE_UNAVAILABLE, BROKER_UNAVAILABLE, INFERENCE_UNAVAILABLE, OVERLOADED -> 503;
            case INTERNAL, MODEL_NOT_VERIFIED, TRAINING_DIVERGED, POISON -> 500;
            default -> code.retryable() ? 503 : 400;
        };
    }

    private static String title(int status) {
        return switch (status) {
            case 400 -> "Bad request";
            case 401 -> "Unauthorized";
            case 403 -> "Forbidden";
            case 404 -> "Not found";
            case 405 -> "Method not allowed";
            case 406 -> "Not acceptable";
            case 413 -> "Content too large";
            case 415 -> "Unsupported media type";
            case 503 -> "Service unavailable";
            default -> status < 500 ? "Request refused" : "Server error";
        };
    }

    private Problems() {}
}
