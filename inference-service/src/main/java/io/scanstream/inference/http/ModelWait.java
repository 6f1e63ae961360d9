package io.scanstream.inference.http;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.inference.model.LoadedModel;
import io.scanstream.inference.model.ModelRef;
import io.scanstream.inference.model.ServingSet;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Waits a little for a version that is being loaded: it may be a matter of moments. */
final class ModelWait {
    /**
     * A version to score with; the caller releases it.
     *
     * @param deadline of the request; absent: none
     * @return or fails as {@link ServingSet#acquire} does, with {@code DEADLINE_EXPIRED} after the request's own deadline and
     *     with {@code MODEL_LOADING} where patience ends before it
     */
    static CompletableFuture<LoadedModel> acquire(
            ServingSet serving, ModelRef ref, Duration patience, @Nullable Instant deadline) {
        Instant patient = Instant.now().plus(patience);
        boolean deadlineFirst = deadline != null && deadline.isBefore(patient);
        return serving.acquire(ref, deadlineFirst ? deadline : patient)
                .exceptionallyCompose(failure -> CompletableFuture.failedFuture(
                        deadlineFirst ? failure : unlessLoading(ref, ServingSet.cause(failure))));
    }

    private static Throwable unlessLoading(ModelRef ref, Throwable failure) {
        return failure instanceof ScanstreamException known && known.code() == ErrorCode.DEADLINE_EXPIRED
                ? new ScanstreamException(
                        ErrorCode.MODEL_LOADING,
                        "model " + ref + " is being loaded. Try again in a few seconds.",
                        failure)
                : failure;
    }

    private ModelWait() {}
}
