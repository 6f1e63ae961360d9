package io.scanstream.gateway.scans;

import com.fasterxml.jackson.databind.JsonNode;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.scoring.ScanId;
import io.scanstream.contracts.scoring.ScoreEvent;
import io.scanstream.storage.Scans;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** Has the inference service make heat maps of scored scans whose bytes are kept, with the version that scored them. */
public final class Heatmaps {
    private static final Duration TO_CONNECT = Duration.ofSeconds(5);

    /** More than the inference service takes at most by its own settings. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final ScanStates states;
    private final Scans scans;
    private final @Nullable URI inference;
    private final @Nullable String apiKey;
    private final long mostBytes;
    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(TO_CONNECT)
            .build();

    /**
     * A way to the inference service.
     *
     * @param inference its address; null: there is none
     * @param apiKey shown there; null: nothing is
     * @param mostBytes of a scan
     */
    public Heatmaps(ScanStates states, Scans scans, @Nullable URI inference, @Nullable String apiKey, long mostBytes) {
        this.states = states;
        this.scans = scans;
        this.inference = inference;
        this.apiKey = apiKey;
        this.mostBytes = mostBytes;
    }

    /**
     * What the inference service gave.
     *
     * @param version of the model, which scored the scan
     * @param label the class that the map is about; absent where the body says it
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Answer(byte[] body, String version, Optional<String> label) {}

    /**
     * Asks for a map. Reads the scan's bytes before it returns.
     *
     * @param label the class; null: the one that is decided for
     * @param mediaType {@code image/png} or {@code application/json}
     * @return or fails with {@code INFERENCE_UNAVAILABLE}, with {@code UNKNOWN_MODEL} where the version is gone, {@code
     *     MODEL_LOADING} while it is loaded, {@code INVALID_REQUEST} for a label that it does not know
     * @throws ScanstreamException {@code UNKNOWN_SCAN}; {@code SCAN_FORGOTTEN} if the scan or its bytes are not kept; {@code
     *     CONFLICT} if it has no score
     */
    CompletableFuture<Answer> ask(ScanId id, @Nullable String label, String mediaType) {
        ScoreEvent result = states.get(id).result();
        if (!(result instanceof ScoreEvent.ScanScored score)) {
            throw new ScanstreamException(
                    ErrorCode.CONFLICT,
                    "Scan " + id + (result == null ? " is not scored yet." : " was rejected: no version scored it."));
        }
        if (inference == null) {
            throw new ScanstreamException(
                    ErrorCode.INFERENCE_UNAVAILABLE, "scanstream.inference.url is not set: nobody makes heat maps.");
        }
        byte[] bytes = scans.find(id, mostBytes)
                .orElseThrow(
                        () -> new ScanstreamException(
                                ErrorCode.SCAN_FORGOTTEN,
                                "The bytes of scan " + id
                                        + " are not kept: they travelled in their Kafka record, were deleted or"
                                        + " are older than is kept. scanstream.scans.inline-max-bytes=0 keeps those of every scan."));
        return client.sendAsync(
                        request(inference, score, bytes, label, mediaType), HttpResponse.BodyHandlers.ofByteArray())
                .handle((answer, failure) -> {
                    if (failure != null) {
                        throw new ScanstreamException(
                                ErrorCode.INFERENCE_UNAVAILABLE,
                                inference + " does not answer: " + failure.getMessage(),
                                failure instanceof CompletionException wrapped && wrapped.getCause() != null
                                        ? wrapped.getCause()
                                        : failure);
                    }
                    if (answer.statusCode() != 200) {
                        throw refused(answer);
                    }
                    return new Answer(
                            answer.body(), score.version(), answer.headers().firstValue("X-Scanstream-Label"));
                });
    }

    private HttpRequest request(
            URI service, ScoreEvent.ScanScored score, byte[] bytes, @Nullable String label, String mediaType) {
        String path = "/v1/models/" + score.model() + "/heatmap?version=" + encoded(score.version())
                + (label == null ? "" : "&label=" + encoded(label));
        HttpRequest.Builder request = HttpRequest.newBuilder(service.resolve(path))
                .timeout(PATIENCE)
                .header("Content-Type", "application/octet-stream")
                .header("Accept", mediaType)
                .POST(HttpRequest.BodyPublishers.ofByteArray(bytes));
        if (apiKey != null) {
            request.header("Authorization", "ApiKey " + apiKey);
        }
        return request.build();
    }

    private static String encoded(String value) {
        return URLEncoder.encode(value, StandardCharsets.UTF_8);
    }

    private ScanstreamException refused(HttpResponse<byte[]> answer) {
        String code;
        String detail;
        try {
            JsonNode problem = Json.mapper().readTree(answer.body());
            code = problem.path("code").asText();
            detail = problem.path("detail").asText();
        } catch (IOException e) {
            return unavailable(answer.statusCode(), "no problem in JSON");
        }
        return switch (code) {
            case "UNKNOWN_MODEL" ->
                new ScanstreamException(ErrorCode.UNKNOWN_MODEL, "The version that scored the scan is gone: " + detail);
            case "INVALID_REQUEST" -> new ScanstreamException(ErrorCode.INVALID_REQUEST, detail);
            case "MODEL_LOADING" -> new ScanstreamException(ErrorCode.MODEL_LOADING, detail);
            default -> unavailable(answer.statusCode(), code + " " + detail);
        };
    }

    private ScanstreamException unavailable(int status, String what) {
        return new ScanstreamException(
                ErrorCode.INFERENCE_UNAVAILABLE, inference + " answered " + status + ": " + what);
    }
}
