package io.scanstream.inference.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.imaging.DecodeLimits;
import io.scanstream.imaging.ImageDecoder;
import io.scanstream.inference.model.ModelLoader;
import io.scanstream.inference.model.OnnxRuntime;
import io.scanstream.inference.model.OnnxSettings;
import io.scanstream.inference.model.OnnxSettings.Device;
import io.scanstream.inference.model.PublishedModels;
import io.scanstream.inference.model.ServingSet;
import io.scanstream.inference.scoring.Scorer;
import io.scanstream.inference.scoring.ScorerSettings;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
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
        try (ServingSet serving = new ServingSet(published, 2, Duration.ofHours(1), (version, reason) -> {});
                Scorer scorer = new Scorer(ScorerSettings.defaults(), decoder, new SimpleMeterRegistry())) {
            ScoreResource resource =
                    new ScoreResource(serving, scorer, new HttpLimits(1000, 1000, Duration.ofMillis(20)));
            InputStream image = new ByteArrayInputStream(new byte[10]);

            ScanstreamException late = catchThrowableOfType(
                    ScanstreamException.class, () -> resource.score("lung", null, null, 10, image));

            assertThat(late.code()).isEqualTo(ErrorCode.MODEL_LOADING);
            try (Response response = new ProblemResponses().refused(late)) {
                assertThat(response.getStatus()).isEqualTo(503);
                assertThat(response.getHeaderString(HttpHeaders.RETRY_AFTER)).isNotBlank();
            }
        } finally {
            loading.countDown();
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
