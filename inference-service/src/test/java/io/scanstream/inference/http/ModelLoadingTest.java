package io.scanstream.inference.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.imaging.DecodeLimits;
import io.scanstream.imaging.ImageDecoder;
import io.scanstream.inference.model.LoadedModel;
import io.scanstream.inference.model.ModelLoader;
import io.scanstream.inference.model.ModelRef;
import io.scanstream.inference.model.OnnxRuntime;
import io.scanstream.inference.model.OnnxSettings;
import io.scanstream.inference.model.OnnxSettings.Device;
import io.scanstream.inference.model.PublishedModels;
import io.scanstream.inference.model.ServingSet;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelLoadingTest {
    @TempDir
    Path folder;

    @Test
    void whoseModelIsNotLoadedInTimeIsAskedToComeBack() {
        CountDownLatch loading = new CountDownLatch(1);
        ImageDecoder decoder = new ImageDecoder(DecodeLimits.defaults());
        PublishedModels published = new PublishedModels(
                () -> {
                    awaitQuietly(loading);
                    throw new ScanstreamException(ErrorCode.STORE_UNAVAILABLE, "the test is over");
                },
                new ModelLoader(new OnnxRuntime(OnnxSettings.defaults(Device.CPU)), decoder),
                folder);
        try (ServingSet serving = new ServingSet(published, 2, Duration.ofHours(1), (version, reason) -> {})) {
            ModelRef lung = ModelRef.of("lung", null, null);

            ScanstreamException late = failure(ModelWait.acquire(serving, lung, Duration.ofMillis(20), null));

            assertThat(late.code()).isEqualTo(ErrorCode.MODEL_LOADING);
            try (Response response = ProblemResponses.refused(late, "/v1/models/lung/score")) {
                assertThat(response.getStatus()).isEqualTo(503);
                assertThat(response.getHeaderString(HttpHeaders.RETRY_AFTER)).isNotBlank();
            }
            Instant deadline = Instant.now().plusMillis(20);
            ScanstreamException expired = failure(ModelWait.acquire(serving, lung, Duration.ofHours(1), deadline));
            assertThat(expired.code()).isEqualTo(ErrorCode.DEADLINE_EXPIRED);
            try (Response response = ProblemResponses.refused(expired, "/v2/models/lung/infer")) {
                assertThat(response.getStatus()).isEqualTo(504);
            }
        } finally {
            loading.countDown();
        }
    }

    private static ScanstreamException failure(CompletableFuture<LoadedModel> model) {
        CompletionException failure = catchThrowableOfType(CompletionException.class, model::join);
        return (ScanstreamException) ServingSet.cause(failure);
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
