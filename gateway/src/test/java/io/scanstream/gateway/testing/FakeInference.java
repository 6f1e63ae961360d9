package io.scanstream.gateway.testing;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;

/**
 * Answers as the inference service does: a picture that is the scan turned round, figures that name what was asked for, and of a
 * version {@code gone} that it does not know it.
 */
final class FakeInference implements AutoCloseable {
    private final HttpServer server;

    FakeInference() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.createContext("/v1/models/", FakeInference::answer);
        server.start();
    }

    URI address() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    private static void answer(HttpExchange http) throws IOException {
        byte[] scan = http.getRequestBody().readAllBytes();
        String asked = http.getRequestURI().toString();
        if (asked.contains("version=gone")) {
            answer(http, 404, "application/problem+json", "{\"code\":\"UNKNOWN_MODEL\",\"detail\":\"no gone\"}");
        } else if ("image/png".equals(http.getRequestHeaders().getFirst("Accept"))) {
            http.getResponseHeaders().set("X-Scanstream-Label", "cancer");
            answer(http, 200, "image/png", turned(scan));
        } else {
            answer(http, 200, "application/json", "{\"asked\":\"" + asked + "\"}");
        }
    }

    private static byte[] turned(byte[] scan) {
        byte[] turned = new byte[scan.length];
        for (int i = 0; i < scan.length; i++) {
            turned[i] = scan[scan.length - 1 - i];
        }
        return turned;
    }

    private static void answer(HttpExchange http, int status, String type, String body) throws IOException {
        answer(http, status, type, body.getBytes(StandardCharsets.UTF_8));
    }

    private static void answer(HttpExchange http, int status, String type, byte[] body) throws IOException {
        http.getResponseHeaders().set("Content-Type", type);
        http.sendResponseHeaders(status, body.length);
        http.getResponseBody().write(body);
        http.close();
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
