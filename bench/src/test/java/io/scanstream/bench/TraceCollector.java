package io.scanstream.bench;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Predicate;
import java.util.zip.GZIPInputStream;

/**
 * Takes traces in as an OpenTelemetry collector does: OTLP over HTTP, protocol buffers. Read by field number, as
 * {@code opentelemetry/proto/trace/v1/trace.proto} has them.
 */
final class TraceCollector implements AutoCloseable {
    /** Kinds of spans, in the protocol's numbers. */
    static final int SERVER = 2;

    static final int PRODUCER = 4;
    static final int CONSUMER = 5;

    private final HttpServer server;
    private final Queue<Span> spans = new ConcurrentLinkedQueue<>();

    /** Ids as hexadecimal text. */
    record Span(String trace, String id, String parent, String name, int kind, List<String> events) {}

    private TraceCollector(HttpServer server) {
        this.server = server;
    }

    static TraceCollector start() throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        TraceCollector collector = new TraceCollector(server);
        server.createContext("/v1/traces", collector::take);
        server.start();
        return collector;
    }

    /** What a service must be told to send its traces here, each at once. */
    Map<String, String> environment() {
        return Map.of(
                "QUARKUS_OTEL_SDK_DISABLED",
                "false",
                "QUARKUS_OTEL_EXPORTER_OTLP_PROTOCOL",
                "http/protobuf",
                "QUARKUS_OTEL_EXPORTER_OTLP_ENDPOINT",
                "http://127.0.0.1:" + server.getAddress().getPort(),
                "QUARKUS_OTEL_BSP_SCHEDULE_DELAY",
                "100ms");
    }

    private void take(HttpExchange exchange) throws IOException {
        boolean packed = "gzip".equals(exchange.getRequestHeaders().getFirst("Content-Encoding"));
        try (exchange;
                InputStream body =
                        packed ? new GZIPInputStream(exchange.getRequestBody()) : exchange.getRequestBody()) {
            for (UnknownFieldSet resource : children(UnknownFieldSet.parseFrom(body.readAllBytes()), 1)) {
                for (UnknownFieldSet scope : children(resource, 2)) {
                    for (UnknownFieldSet span : children(scope, 2)) {
                        spans.add(span(span));
                    }
                }
            }
            exchange.getResponseHeaders().set("Content-Type", "application/x-protobuf");
            exchange.sendResponseHeaders(200, -1);
        }
    }

    private static Span span(UnknownFieldSet span) throws IOException {
        return new Span(
                hex(span, 1),
                hex(span, 2),
                hex(span, 4),
                text(span, 5),
                span.getField(6).getVarintList().get(0).intValue(),
                children(span, 11).stream().map(event -> text(event, 2)).toList());
    }

    private static List<UnknownFieldSet> children(UnknownFieldSet parent, int field) throws IOException {
        List<UnknownFieldSet> children = new ArrayList<>();
        for (ByteString child : parent.getField(field).getLengthDelimitedList()) {
            children.add(UnknownFieldSet.parseFrom(child));
        }
        return children;
    }

    private static String hex(UnknownFieldSet span, int field) {
        List<ByteString> values = span.getField(field).getLengthDelimitedList();
        return values.isEmpty() ? "" : HexFormat.of().formatHex(values.get(0).toByteArray());
    }

    private static String text(UnknownFieldSet message, int field) {
        return message.getField(field).getLengthDelimitedList().get(0).toStringUtf8();
    }

    /**
     * The span of a kind in a trace, once it has come.
     *
     * @param name that its own contains; the gateway, which reads scores, adds spans of the same kinds
     */
    Span await(String trace, int kind, String name) throws InterruptedException {
        return await(
                name + " of kind " + kind,
                span -> span.trace().equals(trace)
                        && span.kind() == kind
                        && span.name().contains(name));
    }

    /** A span with a name, of whatever trace, once one has come. */
    Span await(String name) throws InterruptedException {
        return await(name, span -> span.name().equals(name));
    }

    /** The span that another lies below, once it has come. */
    Span awaitParent(Span child) throws InterruptedException {
        return await("above " + child, span -> span.id().equals(child.parent()));
    }

    private Span await(String what, Predicate<Span> condition) throws InterruptedException {
        for (int i = 0; i < 300; i++) {
            for (Span span : spans) {
                if (condition.test(span)) {
                    return span;
                }
            }
            Thread.sleep(100);
        }
        throw new AssertionError("no span " + what + " in " + spans);
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
