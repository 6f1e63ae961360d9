package io.scanstream.inference.kafka;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapPropagator;
import org.apache.kafka.clients.producer.ProducerRecord;

/** Spans of scans that this process sends for nobody's request: each begins a trace, which the record carries on. */
public final class SentTraces {
    private final Tracer tracer;
    private final TextMapPropagator propagator;

    public SentTraces(OpenTelemetry telemetry) {
        this.tracer = telemetry.getTracer(ScanTraces.TRACER);
        this.propagator = telemetry.getPropagators().getTextMapPropagator();
    }

    /** Begins a scan's trace and writes its context into the record. The caller ends the span when the broker has it. */
    public Span begin(ProducerRecord<byte[], byte[]> scan) {
        Span span = tracer.spanBuilder("send " + scan.topic())
                .setNoParent()
                .setSpanKind(SpanKind.PRODUCER)
                .setAttribute("messaging.system", "kafka")
                .setAttribute("messaging.operation.type", "send")
                .setAttribute("messaging.destination.name", scan.topic())
                .startSpan();
        propagator.inject(Context.root().with(span), scan.headers(), ScanTraces.TO_HEADERS);
        return span;
    }
}
