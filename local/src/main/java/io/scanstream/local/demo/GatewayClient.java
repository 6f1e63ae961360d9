package io.scanstream.local.demo;

import com.fasterxml.jackson.core.type.TypeReference;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.api.ApiProblem;
import io.scanstream.contracts.api.DatasetView;
import io.scanstream.contracts.api.ScanView;
import io.scanstream.contracts.api.TrainingRequest;
import io.scanstream.contracts.api.TrainingView;
import io.scanstream.contracts.dataset.Manifest;
import io.scanstream.contracts.job.JobId;
import io.scanstream.contracts.model.ModelCard;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.contracts.scoring.ScanId;
import io.scanstream.contracts.training.TrainingEvent;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** The gateway's REST API as the demo uses it. Thread-safe; every call waits for its answer. */
final class GatewayClient {
    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final String JSON = "application/json";

    private final URI api;
    private final HttpClient http;

    /**
     * A client.
     *
     * @param gateway {@code http://host:port}
     */
    GatewayClient(URI gateway) {
        this.api = gateway.resolve("/api/v1/");
        this.http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(Duration.ofSeconds(10))
                .build();
    }

    URI address(String path) {
        return api.resolve(path);
    }

    DatasetView upload(String name, Path zip) throws IOException, InterruptedException {
        return call(
                request("datasets/" + name)
                        .header("Content-Type", "application/zip")
                        .POST(HttpRequest.BodyPublishers.ofFile(zip)),
                DatasetView.class);
    }

    DatasetView dataset(String name, int version) throws IOException, InterruptedException {
        return call(request("datasets/" + name + "/" + version), DatasetView.class);
    }

    Manifest manifest(String name, int version) throws IOException, InterruptedException {
        return call(request("datasets/" + name + "/" + version + "/manifest"), Manifest.class);
    }

    TrainingView train(TrainingRequest training) throws IOException, InterruptedException {
        return call(
                request("trainings")
                        .header("Content-Type", JSON)
                        .POST(HttpRequest.BodyPublishers.ofByteArray(Json.bytes(training))),
                TrainingView.class);
    }

    TrainingView training(JobId id) throws IOException, InterruptedException {
        return call(request("trainings/" + id), TrainingView.class);
    }

    /** Follows a training's events until its last one or until the connection ends; look at the state afterwards. */
    void followTraining(JobId id, Consumer<TrainingEvent> listener) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(address("trainings/" + id + "/events"))
                .header("Accept", "text/event-stream")
                .build();
        HttpResponse<Stream<String>> response = http.send(request, HttpResponse.BodyHandlers.ofLines());
        try (Stream<String> lines = response.body()) {
            requireOk(response.statusCode(), () -> lines.reduce("", String::concat)
                    .getBytes(StandardCharsets.UTF_8));
            lines.filter(line -> line.startsWith("data:"))
                    .map(line -> Json.read(
                            line.substring("data:".length()).getBytes(StandardCharsets.UTF_8), TrainingEvent.class))
                    .forEach(listener);
        }
    }

    ModelCard card(ModelVersion model) throws IOException, InterruptedException {
        return call(request("models/" + model.name() + "/" + model.version()), ModelCard.class);
    }

    byte[] report(ModelVersion model) throws IOException, InterruptedException {
        return bytes(request("models/" + model.name() + "/" + model.version() + "/report"));
    }

    ScanId send(ModelVersion model, byte[] scan) throws IOException, InterruptedException {
        return call(
                        request("scans?model=" + model.name() + "&version=" + model.version())
                                .header("Content-Type", "application/octet-stream")
                                .POST(HttpRequest.BodyPublishers.ofByteArray(scan)),
                        ScanView.class)
                .id();
    }

    ScanView scan(ScanId id) throws IOException, InterruptedException {
        return call(request("scans/" + id), ScanView.class);
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(address(path)).timeout(PATIENCE);
    }

    private <T> T call(HttpRequest.Builder request, Class<T> type) throws IOException, InterruptedException {
        return Json.read(bytes(request.header("Accept", JSON + ", " + ApiProblem.MEDIA_TYPE)), type);
    }

    private byte[] bytes(HttpRequest.Builder request) throws IOException, InterruptedException {
        HttpResponse<InputStream> response = http.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
        try (InputStream body = response.body()) {
            byte[] bytes = body.readAllBytes();
            requireOk(response.statusCode(), () -> bytes);
            return bytes;
        }
    }

    private interface Body {
        byte[] read();
    }

    private static void requireOk(int status, Body body) {
        if (status / 100 == 2) {
            return;
        }
        byte[] bytes = body.read();
        try {
            ApiProblem problem = Json.mapper().readValue(bytes, new TypeReference<ApiProblem>() {});
            ErrorCode code = problem.code() == null ? ErrorCode.INTERNAL : problem.code();
            throw new ScanstreamException(code, "the gateway answered " + status + ": " + problem.detail());
        } catch (IOException e) {
            throw new ScanstreamException(
                    ErrorCode.INTERNAL,
                    "the gateway answered " + status + " with something that is no problem+json: "
                            + new String(bytes, StandardCharsets.UTF_8),
                    e);
        }
    }
}
