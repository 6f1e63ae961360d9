package io.scanstream.inference.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.EventData;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.scoring.ScanHeaders;
import io.scanstream.contracts.scoring.ScanId;
import io.scanstream.inference.scoring.Score;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ScanTracesTest {
    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
    private static final String SENDER = "00f067aa0ba902b7";
    private static final Score SCORE = new Score("lung", "v1", Map.of("cancer", 1.0), "cancer", null, null, null);

    private final InMemorySpanExporter spans = InMemorySpanExporter.create();
    private final OpenTelemetrySdk telemetry = OpenTelemetrySdk.builder()
            .setTracerProvider(SdkTracerProvider.builder()
                    .addSpanProcessor(SimpleSpanProcessor.create(spans))
                    .build())
            .setPropagators(ContextPropagators.create(W3CTraceContextPropagator.getInstance()))
            .build();
    private final ScanTraces traces = new ScanTraces(telemetry, "scans");
    private final ScanId id = ScanId.next();

    @AfterEach
    void close() {
        telemetry.close();
    }

    @Test
    void aScansSpanLiesBelowItsSendersAndItsScoreCarriesItOn() {
        Headers score = new RecordHeaders();
        ScanTraces.Transaction transaction = traces.transaction();
        ScanRecord scan = scan("00-" + TRACE + "-" + SENDER + "-01");
        scan.stages().reach(Stages.MODEL);
        scan.stages().reach(Stages.SCORED);
        transaction.add(Outcome.scored(scan, SCORE, null), score);
        assertThat(spans.getFinishedSpanItems()).as("before the commit").isEmpty();
        transaction.committed();

        assertThat(spans.getFinishedSpanItems()).singleElement().satisfies(span -> {
            assertThat(span.getTraceId()).isEqualTo(TRACE);
            assertThat(span.getParentSpanId()).isEqualTo(SENDER);
            assertThat(span.getName()).isEqualTo("process scans");
            assertThat(span.getEvents()).extracting(EventData::getName).containsExactly(Stages.MODEL, Stages.SCORED);
            assertThat(span.getAttributes().asMap().toString()).contains(id.toString(), "v1");
            assertThat(new String(score.lastHeader("traceparent").value(), StandardCharsets.UTF_8))
                    .isEqualTo("00-" + TRACE + "-" + span.getSpanId() + "-01");
        });
    }

    @Test
    void aScanWithoutASenderBeginsATrace() {
        ScanTraces.Transaction transaction = traces.transaction();
        transaction.add(Outcome.scored(scan(null), SCORE, null), new RecordHeaders());
        transaction.committed();

        assertThat(spans.getFinishedSpanItems()).singleElement().matches(span -> !span.getParentSpanContext()
                .isValid());
    }

    @Test
    void whatIsRejectedOrNotCommittedIsAnError() {
        ScanTraces.Transaction rejecting = traces.transaction();
        ScanstreamException reason = new ScanstreamException(ErrorCode.NOT_AN_IMAGE, "no image");
        rejecting.add(Outcome.rejected(scan(null), reason, 1), new RecordHeaders());
        rejecting.committed();
        ScanTraces.Transaction aborting = traces.transaction();
        aborting.add(Outcome.scored(scan(null), SCORE, null), new RecordHeaders());
        aborting.aborted(new IllegalStateException("fenced"));

        assertThat(spans.getFinishedSpanItems())
                .extracting(SpanData::getStatus)
                .allMatch(status -> status.getStatusCode() == StatusCode.ERROR)
                .extracting(status -> status.getDescription())
                .containsExactly("no image", "not committed, read again: fenced");
    }

    private ScanRecord scan(String traceparent) {
        byte[] key = id.toString().getBytes(StandardCharsets.UTF_8);
        ConsumerRecord<byte[], byte[]> record = new ConsumerRecord<>("scans", 0, 0, key, new byte[0]);
        record.headers().add(ScanHeaders.MODEL, "lung".getBytes(StandardCharsets.UTF_8));
        if (traceparent != null) {
            record.headers().add("traceparent", traceparent.getBytes(StandardCharsets.UTF_8));
        }
        return ScanRecord.of(record);
    }
}
