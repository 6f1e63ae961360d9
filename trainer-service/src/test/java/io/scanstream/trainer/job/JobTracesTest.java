package io.scanstream.trainer.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.job.JobId;
import io.scanstream.contracts.job.JobKind;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JobTracesTest {
    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
    private static final String SENDER = "00f067aa0ba902b7";

    private final InMemorySpanExporter spans = InMemorySpanExporter.create();
    private final OpenTelemetrySdk telemetry = OpenTelemetrySdk.builder()
            .setTracerProvider(SdkTracerProvider.builder()
                    .addSpanProcessor(SimpleSpanProcessor.create(spans))
                    .build())
            .setPropagators(ContextPropagators.create(W3CTraceContextPropagator.getInstance()))
            .build();
    private final JobTraces traces = new JobTraces(telemetry);
    private JobDesk desk;

    @BeforeEach
    void start(@TempDir Path folder) {
        desk = new JobDesk(folder);
    }

    @AfterEach
    void stop() {
        desk.close();
        telemetry.close();
    }

    private static ConsumerRecord<String, byte[]> request(String traceparent) {
        ConsumerRecord<String, byte[]> request = new ConsumerRecord<>("training.requests", 0, 0, "key", new byte[0]);
        request.headers().add("traceparent", traceparent.getBytes(StandardCharsets.UTF_8));
        return request;
    }

    private JobId run(Work work, String traceparent) {
        JobId id = desk.queued();
        Claim claim = desk.take("a", id).orElseThrow();
        try (JobRunner runner = new JobRunner(
                Map.of(JobKind.TRAINING, work), JobDesk.TIMES, desk.announcements, desk.patience, desk.clock)) {
            traces.within(request(traceparent), claim, () -> runner.run(claim));
        }
        return id;
    }

    private static Map<String, Object> attributes(SpanData span) {
        Map<String, Object> attributes = new HashMap<>();
        span.getAttributes().forEach((key, value) -> attributes.put(key.getKey(), value));
        return attributes;
    }

    @Test
    void aJobsSpanLiesBelowTheRequestsAndIsTheCurrentOneMeanwhile() {
        AtomicReference<String> current = new AtomicReference<>();
        JobId id = run(
                claim -> {
                    current.set(Span.current().getSpanContext().getSpanId());
                    desk.checkpoint(claim, "1 of 3 epochs");
                    return new Work.SliceOver();
                },
                "00-" + TRACE + "-" + SENDER + "-01");

        assertThat(spans.getFinishedSpanItems()).singleElement().satisfies(span -> {
            assertThat(span.getTraceId()).isEqualTo(TRACE);
            assertThat(span.getParentSpanId()).isEqualTo(SENDER);
            assertThat(span.getSpanId()).isEqualTo(current.get());
            assertThat(span.getName()).isEqualTo("process training.requests");
            assertThat(span.getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
            assertThat(attributes(span))
                    .containsEntry("scanstream.job.id", id.toString())
                    .containsEntry("scanstream.job.kind", "training")
                    .containsEntry("scanstream.job.slice", 1L)
                    .containsEntry("scanstream.job.status", "queued")
                    .containsEntry("scanstream.model", "m");
        });
        assertThat(Span.current().getSpanContext().isValid()).isFalse();
    }

    @Test
    void aFailureSaysItsCodeAndNoFile() {
        run(
                claim -> {
                    throw new ScanstreamException(ErrorCode.NOT_AN_IMAGE, "train/a/jane-doe.png is no image.");
                },
                "00-" + TRACE + "-" + SENDER + "-01");

        assertThat(spans.getFinishedSpanItems()).singleElement().satisfies(span -> {
            assertThat(span.getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
            assertThat(attributes(span))
                    .containsEntry("error.type", "NOT_AN_IMAGE")
                    .containsEntry("scanstream.job.status", "failed");
            assertThat(span.toString()).doesNotContain("jane-doe");
        });
    }

    @Test
    void aJobThatSomebodyCancelsIsNoError() {
        run(
                claim -> {
                    desk.cancel(claim.id());
                    claim.confirm();
                    throw new AssertionError("goes on although it is cancelled");
                },
                "00-" + TRACE + "-" + SENDER + "-01");

        assertThat(spans.getFinishedSpanItems()).singleElement().satisfies(span -> {
            assertThat(span.getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
            assertThat(attributes(span)).containsEntry("scanstream.job.status", "cancelled");
        });
    }

    @Test
    void aRequestWithoutAContextBeginsATrace() {
        run(claim -> new Work.SliceOver(), "nonsense");

        assertThat(spans.getFinishedSpanItems()).singleElement().matches(span -> !span.getParentSpanContext()
                .isValid());
    }
}
