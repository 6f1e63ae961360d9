package io.scanstream.inference.kafka;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.context.propagation.TextMapPropagator;
import io.opentelemetry.context.propagation.TextMapSetter;
import io.scanstream.contracts.scoring.ScoreEvent.ScanScored;
import io.scanstream.inference.deadletter.DeadLetterRecord;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.StreamSupport;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/**
 * One span for each scan, from when it was taken in hand until its score is committed, below the span that sent it (W3C trace
 * context in the record's headers); the stages that it passed are its events, and the score carries the context on. Names are those of OpenTelemetry's conventions for
 * messaging.
 */
final class ScanTraces {
    static final String TRACER = "io.scanstream.inference";

    static final TextMapSetter<Headers> TO_HEADERS = (headers, name, value) -> {
        if (headers != null) {
            headers.remove(name).add(name, value.getBytes(StandardCharsets.UTF_8));
        }
    };

    private static final TextMapGetter<Headers> FROM_HEADERS = new TextMapGetter<>() {
        @Override
        public Iterable<String> keys(Headers headers) {
            return StreamSupport.stream(headers.spliterator(), false)
                    .map(Header::key)
                    .toList();
        }

        @Override
        public @Nullable String get(@Nullable Headers headers, String name) {
            Header header = headers == null ? null : headers.lastHeader(name);
            return header == null || header.value() == null ? null : new String(header.value(), StandardCharsets.UTF_8);
        }
    };

    private final Tracer tracer;
    private final TextMapPropagator propagator;
    private final String topic;

    ScanTraces(OpenTelemetry telemetry, String topic) {
        this.tracer = telemetry.getTracer(TRACER);
        this.propagator = telemetry.getPropagators().getTextMapPropagator();
        this.topic = topic;
    }

    /** The spans of one transaction. */
    final class Transaction {
        private final List<Span> spans = new ArrayList<>();

        /** Begins a scan's span and writes its context into the headers of its score. */
        void add(Outcome outcome, Headers score) {
            Context sender =
                    propagator.extract(Context.root(), outcome.scan().source().headers(), FROM_HEADERS);
            Span span = tracer.spanBuilder("process " + topic)
                    .setParent(sender)
                    .setSpanKind(SpanKind.CONSUMER)
                    .setStartTimestamp(outcome.scan().takenAt())
                    .setAttribute("messaging.system", "kafka")
                    .setAttribute("messaging.operation.type", "process")
                    .setAttribute("messaging.destination.name", topic)
                    .setAttribute("scanstream.model", outcome.scan().model())
                    .startSpan();
            outcome.scan().stages().each(span::addEvent);
            if (outcome.scan().id() != null) {
                span.setAttribute("scanstream.scan.id", outcome.scan().id().toString());
            }
            if (outcome.event() instanceof ScanScored scored) {
                span.setAttribute("scanstream.model.version", scored.version());
            }
            if (outcome.rejection() != null) {
                span.setAttribute("error.type", outcome.rejection().code().name());
                span.setStatus(StatusCode.ERROR, DeadLetterRecord.shortened(outcome.rejection()));
            }
            propagator.inject(sender.with(span), score, TO_HEADERS);
            spans.add(span);
        }

        void committed() {
            spans.forEach(Span::end);
        }

        void aborted(Exception reason) {
            for (Span span : spans) {
                span.setStatus(StatusCode.ERROR, "not committed, read again: " + reason.getMessage());
                span.end();
            }
        }
    }

    Transaction transaction() {
        return new Transaction();
    }
}
