package io.scanstream.bench.fuzz;

import com.fasterxml.jackson.databind.JsonNode;
import io.scanstream.contracts.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Requests to a service, made of its OpenAPI document and of what nobody should send. */
final class FuzzedRequests {
    private static final Set<String> METHODS = Set.of("get", "post", "put", "delete", "patch", "head", "options");
    private static final List<String> ODD_METHODS = List.of(
            "GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "PROPFIND", "get", "G", "CONNECT");
    private static final List<String> ELSEWHERE = List.of(
            "/",
            "/q/metrics",
            "/q/health",
            "/q/openapi",
            "/q/swagger-ui/",
            "/q/dev",
            "/api",
            "/api/v1",
            "/v1",
            "/v2",
            "/v2/repository/index",
            "/favicon.ico",
            "*",
            "",
            "http://127.0.0.1/api/v1/models",
            "/api/v1/../q/metrics",
            "/.git/config",
            "/?");
    private static final List<String> PARAMETERS = List.of(
            "model",
            "version",
            "alias",
            "deadline",
            "urgent",
            "label",
            "newClass",
            "split",
            "subject",
            "group",
            "offset",
            "limit",
            "status",
            "actor",
            "reason",
            "odd");
    private static final List<String> FIELDS = List.of(
            "recipe",
            "dataset",
            "name",
            "version",
            "overrides",
            "epochs",
            "seed",
            "model",
            "training",
            "grid",
            "folds",
            "arms",
            "alias",
            "share",
            "shadow",
            "rules",
            "header",
            "value",
            "actor",
            "reason",
            "inputs",
            "outputs",
            "shape",
            "datatype",
            "data",
            "parameters",
            "id",
            "network",
            "layers",
            "type",
            "optimizer",
            "learningRate",
            "data.widthPx",
            "weights");
    private static final List<String> HEADERS = List.of(
            "Accept",
            "Accept-Encoding",
            "Prefer",
            "Idempotency-Key",
            "Last-Event-ID",
            "X-Scanstream-Deadline-Ms",
            "X-Scanstream-Ward",
            "Inference-Header-Content-Length",
            "Content-Encoding",
            "Range",
            "If-Match",
            "Expect",
            "traceparent",
            "tracestate",
            "baggage",
            "X-Forwarded-For",
            "X-Forwarded-Host",
            "Host",
            "Origin",
            "Cookie",
            "X-HTTP-Method-Override",
            "Content-Disposition",
            "Referer",
            "Upgrade",
            "TE",
            "Transfer-Encoding",
            "X-Odd");

    private final Odd odd;
    private final String key;
    private final byte[] image;
    private final byte[] archive;
    private final List<Address> addresses = new ArrayList<>();

    /**
     * Requests for a service.
     *
     * @param key of somebody who may do everything; most requests show it
     * @param image one that can be scored, to be broken
     * @param archive of a data set, likewise
     */
    FuzzedRequests(URI service, long seed, String key, byte[] image, byte[] archive)
            throws IOException, InterruptedException {
        this.odd = new Odd(seed);
        this.key = key;
        this.image = image;
        this.archive = archive;
        HttpRequest document = HttpRequest.newBuilder(service.resolve("/q/openapi?format=json"))
                .build();
        JsonNode paths = Json.mapper()
                .readTree(HttpClient.newHttpClient()
                        .send(document, HttpResponse.BodyHandlers.ofByteArray())
                        .body())
                .path("paths");
        paths.fieldNames()
                .forEachRemaining(path -> paths.path(path).fieldNames().forEachRemaining(method -> {
                    if (METHODS.contains(method)) {
                        addresses.add(new Address(method.toUpperCase(Locale.ROOT), path));
                    }
                }));
        if (addresses.isEmpty()) {
            throw new IllegalStateException("no addresses in the document of " + service);
        }
    }

    /**
     * A request.
     *
     * @param bytes as they go over the wire
     * @param hangsUp whether the client goes then: more was announced than comes, and nobody should wait for that
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Request(byte[] bytes, boolean hangsUp) {}

    private record Address(String method, String path) {}

    Request next() {
        Address address = odd.of(addresses);
        String method = odd.oneIn(15) ? odd.of(ODD_METHODS) : address.method();
        String target = (odd.oneIn(12) ? odd.of(ELSEWHERE) : filled(address.path())) + query();
        byte[] body = odd.oneIn(4) ? new byte[0] : body(address.path());
        ByteArrayOutputStream request = new ByteArrayOutputStream();
        line(request, method + " " + target + (odd.oneIn(200) ? " HTTP/9.9" : " HTTP/1.1"));
        line(request, "Host: localhost");
        line(request, "Connection: close");
        line(request, shown());
        line(request, "Content-Type: " + type(address.path()));
        for (int i = odd.below(4); i > 0; i--) {
            line(request, odd.of(HEADERS) + ": " + odd.wire());
        }
        boolean isWhole = !odd.oneIn(12);
        write(request, isWhole ? "Content-Length: " + body.length + "\r\n" : length(body));
        line(request, "");
        write(request, body);
        // One of many stays, and is waited for as long as the service waits.
        return new Request(request.toByteArray(), !isWhole && !odd.oneIn(100));
    }

    private String filled(String template) {
        StringBuilder path = new StringBuilder();
        for (String segment : template.substring(1).split("/", -1)) {
            path.append('/').append(segment.startsWith("{") ? parameter(segment) : segment);
        }
        return path.toString();
    }

    private String parameter(String segment) {
        if (odd.oneIn(2)) {
            return odd.wire();
        }
        return switch (segment) {
            case "{name}" -> odd.of(List.of("demo-cnn", "tissue", "fuzz", "none"));
            case "{version}" -> odd.of(List.of("1", "2", "20260101-000000-00000001"));
            default -> "0198c0de-0000-7000-8000-000000000000";
        };
    }

    private String query() {
        StringBuilder query = new StringBuilder();
        if (odd.oneIn(2)) {
            query.append("?model=demo-cnn");
        }
        for (int i = odd.below(3); i > 0; i--) {
            query.append(query.isEmpty() ? '?' : '&')
                    .append(odd.of(PARAMETERS))
                    .append('=')
                    .append(odd.wire());
        }
        return query.toString();
    }

    private byte[] body(String template) {
        if (odd.oneIn(6)) {
            return odd.bytes(3000);
        }
        if (template.endsWith("/batch") || (template.endsWith("/score") && odd.oneIn(2))) {
            return form();
        }
        if (template.contains("scans") || template.endsWith("/score")) {
            return odd.oneIn(4) ? image : odd.broken(image);
        }
        return template.startsWith("/api/v1/datasets/{name}") && odd.oneIn(2) ? odd.broken(archive) : odd.json(FIELDS);
    }

    private byte[] form() {
        ByteArrayOutputStream form = new ByteArrayOutputStream();
        for (int i = odd.below(4); i >= 0; i--) {
            line(form, "--x");
            line(
                    form,
                    "Content-Disposition: form-data; name=\"" + odd.wire() + "\"; filename=\"" + Odd.MARK + ".png\"");
            line(form, "Content-Type: " + odd.wire());
            line(form, "");
            write(form, odd.oneIn(2) ? image : odd.broken(image));
            line(form, "");
        }
        line(form, odd.oneIn(5) ? "--" : "--x--");
        return form.toByteArray();
    }

    private String type(String template) {
        if (odd.oneIn(5)) {
            return odd.wire();
        }
        if (template.endsWith("/batch") || (template.endsWith("/score") && odd.oneIn(2))) {
            return "multipart/form-data; boundary=x";
        }
        return template.endsWith("/score")
                ? "image/png"
                : odd.of(List.of("application/json", "application/octet-stream"));
    }

    private String shown() {
        if (!odd.oneIn(8)) {
            return "X-API-Key: " + key;
        }
        return odd.of(List.of(
                        "Authorization: Bearer ", "Authorization: ApiKey ", "Authorization: ", "X-API-Key: ", "X-No: "))
                + odd.wire();
    }

    /** Too much, too little, nothing, none at all, or two things at once. */
    private String length(byte[] body) {
        return switch (odd.below(7)) {
            case 0 -> "Content-Length: " + (body.length + 1 + odd.below(100_000_000)) + "\r\n";
            case 1 -> "Content-Length: " + odd.below(body.length + 1) + "\r\n";
            case 2 -> "Content-Length: " + odd.wire() + "\r\n";
            case 3 -> "";
            case 4 -> "Transfer-Encoding: chunked\r\n";
            case 5 -> "Content-Length: 1\r\nContent-Length: 2\r\n";
            default -> "Content-Length: " + body.length + "\r\nTransfer-Encoding: chunked\r\n";
        };
    }

    private static void line(ByteArrayOutputStream to, String line) {
        write(to, line + "\r\n");
    }

    private static void write(ByteArrayOutputStream to, String text) {
        write(to, text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static void write(ByteArrayOutputStream to, byte[] bytes) {
        try {
            to.write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
