package io.scanstream.local.aot;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** Requests to one service, each of which has to succeed. */
final class Caller {
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private final URI service;
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    Caller(URI service) {
        this.service = service;
    }

    void get(String path) throws InterruptedException {
        send(HttpRequest.newBuilder(service.resolve(path)));
    }

    void post(String path, String contentType, byte[] body) throws InterruptedException {
        send(HttpRequest.newBuilder(service.resolve(path))
                .header("Content-Type", contentType)
                .POST(HttpRequest.BodyPublishers.ofByteArray(body)));
    }

    private void send(HttpRequest.Builder builder) throws InterruptedException {
        HttpRequest request = builder.timeout(PATIENCE).build();
        HttpResponse<byte[]> answer;
        try {
            answer = http.send(request, HttpResponse.BodyHandlers.ofByteArray());
        } catch (IOException e) {
            throw new ScanstreamException(ErrorCode.INTERNAL, request + " was not answered: " + e.getMessage(), e);
        }
        if (answer.statusCode() / 100 != 2) {
            throw new ScanstreamException(
                    ErrorCode.INTERNAL,
                    request + " was answered with " + answer.statusCode() + ": "
                            + new String(answer.body(), StandardCharsets.UTF_8));
        }
    }
}
