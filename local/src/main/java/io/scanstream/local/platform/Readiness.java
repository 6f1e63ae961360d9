package io.scanstream.local.platform;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Waits for processes to become ready, and says why one did not. */
final class Readiness {
    private static final Duration PAUSE = Duration.ofMillis(100);

    private final Duration patience;
    private final Supplier<List<Part>> parts;
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();

    /**
     * Of all parts started so far, because one that waits for another would only be out of patience.
     *
     * @param patience for each part
     * @param parts that must live while one is waited for
     */
    Readiness(Duration patience, Supplier<List<Part>> parts) {
        this.patience = patience;
        this.parts = parts;
    }

    /** Waits for the file in which a process writes its address, and returns that. */
    String awaitAddress(Part part, Path file) throws InterruptedException {
        return await(
                part,
                () -> Files.exists(file)
                        ? Optional.of(
                                Files.readString(file, StandardCharsets.UTF_8).strip())
                        : Optional.empty());
    }

    /** Waits for a service to say that it is ready. */
    void awaitHealthy(Part part, URI service) throws InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(service.resolve("/q/health/ready"))
                .timeout(Duration.ofSeconds(5))
                .build();
        await(part, () -> {
            int status =
                    http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
            return status == 200 ? Optional.of(status) : Optional.empty();
        });
    }

    private interface Look<T> {
        Optional<T> look() throws IOException, InterruptedException;
    }

    private <T> T await(Part part, Look<T> look) throws InterruptedException {
        long deadline = System.nanoTime() + patience.toNanos();
        String last = "it does not answer";
        while (System.nanoTime() < deadline) {
            for (Part started : parts.get()) {
                if (!started.process().isAlive()) {
                    throw new ScanstreamException(ErrorCode.INTERNAL, started.obituary());
                }
            }
            try {
                Optional<T> found = look.look();
                if (found.isPresent()) {
                    return found.get();
                }
                last = "it says that it is not ready";
            } catch (IOException e) {
                // Not listening yet, for the most part.
                last = "it does not answer";
            }
            Thread.sleep(PAUSE.toMillis());
        }
        throw new ScanstreamException(
                ErrorCode.INTERNAL,
                part.name() + " was not ready within " + patience.toSeconds() + " s: " + last + ". The end of "
                        + part.log() + ":\n" + part.tail());
    }
}
