package io.scanstream.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Scope;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.scanstream.contracts.Json;
import io.scanstream.gateway.testing.GatewayUnderTest;
import io.smallrye.common.vertx.VertxContext;
import io.vertx.core.Vertx;
import jakarta.inject.Inject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import org.junit.jupiter.api.Test;

/** With JSON and traces on, a line of the log is an object that carries the ids of its trace. */
@QuarkusTest
@TestProfile(LogTest.WithTraces.class)
@QuarkusTestResource(value = GatewayUnderTest.class, restrictToAnnotatedClass = true)
class LogTest {
    private static final Path FILE = Path.of("target/log-test.json");

    public static final class WithTraces implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of(
                    "quarkus.otel.sdk.disabled", "false",
                    "quarkus.otel.traces.exporter", "none",
                    // The console is the build's; a file has the same formatter.
                    "quarkus.log.file.enabled", "true",
                    "quarkus.log.file.path", FILE.toString(),
                    "quarkus.log.file.json.enabled", "true");
        }
    }

    @Inject
    Tracer tracer;

    @Inject
    Vertx vertx;

    @Test
    void aLineIsAnObjectWithItsTrace() throws Exception {
        CompletableFuture<SpanContext> logged = new CompletableFuture<>();
        VertxContext.createNewDuplicatedContext(vertx.getOrCreateContext()).runOnContext(none -> {
            Span span = tracer.spanBuilder("test").startSpan();
            try (Scope current = span.makeCurrent()) {
                Logger.getLogger(LogTest.class).infof("within %s", current);
                logged.complete(span.getSpanContext());
            } finally {
                span.end();
            }
        });
        SpanContext expected = logged.get(10, TimeUnit.SECONDS);

        await().untilAsserted(() -> assertThat(Files.readString(FILE)).contains(expected.getTraceId()));
        JsonNode line = theLineThatHas(expected.getTraceId());
        assertThat(line.path("message").asText()).startsWith("within");
        assertThat(line.path("level").asText()).isEqualTo("INFO");
        assertThat(line.path("timestamp").asText()).isNotEmpty();
        assertThat(line.at("/mdc/traceId").asText()).isEqualTo(expected.getTraceId());
        assertThat(line.at("/mdc/spanId").asText()).isEqualTo(expected.getSpanId());
    }

    private static JsonNode theLineThatHas(String text) throws IOException {
        String line = Files.readAllLines(FILE).stream()
                .filter(each -> each.contains(text))
                .findFirst()
                .orElseThrow();
        return Json.mapper().readTree(line);
    }
}
