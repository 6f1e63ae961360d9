package io.scanstream.inference.model;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A version to score with, and how it came to be chosen.
 *
 * @param model who got it calls {@link LoadedModel#release} once
 * @param arm the alias that the model's traffic chose; absent where it chose none
 */
public record RoutedModel(LoadedModel model, @Nullable String arm) {
    /**
     * Acquires an arm's version. An arm that means nothing, or only versions that are refused, is the traffic's mistake and
     * not the scan's: then what would answer without traffic does.
     *
     * @param arm the alias that the traffic chose; empty: none
     * @param otherwise what answers without traffic
     * @param acquiring gets a version, or fails
     */
    public static CompletableFuture<RoutedModel> acquire(
            Optional<String> arm, ModelRef otherwise, Function<ModelRef, CompletableFuture<LoadedModel>> acquiring) {
        if (arm.isEmpty()) {
            return acquiring.apply(otherwise).thenApply(model -> new RoutedModel(model, null));
        }
        ModelRef chosen = new ModelRef(otherwise.model(), null, arm.get());
        return acquiring
                .apply(chosen)
                .thenApply(model -> new RoutedModel(model, chosen.alias()))
                .exceptionallyCompose(failure -> isMissing(failure) && !chosen.equals(otherwise)
                        ? acquire(Optional.empty(), otherwise, acquiring)
                        : CompletableFuture.failedFuture(failure));
    }

    private static boolean isMissing(Throwable failure) {
        return ServingSet.cause(failure) instanceof ScanstreamException reason
                && (reason.code() == ErrorCode.UNKNOWN_MODEL
                        || reason.code() == ErrorCode.MODEL_WITHDRAWN
                        || reason.code() == ErrorCode.MODEL_NOT_VERIFIED);
    }
}
