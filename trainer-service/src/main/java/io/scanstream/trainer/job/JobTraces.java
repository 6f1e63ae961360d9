package io.scanstream.trainer.job;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.context.propagation.TextMapPropagator;
import io.scanstream.contracts.job.JobState;
import io.scanstream.contracts.job.JobStatus;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.stream.StreamSupport;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/**
 * One span for each claim on a job, below the span that asked for the work (W3C trace context in the record's headers). It is
 * the current one while the work is done, so that what is told meanwhile carries the context on: all slices of a job are one
 * trace. It says what the job is called and how it went, never what a data set's files are called.
 */
public final class JobTraces {
    static final String TRACER = "io.scanstream.trainer";

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

    public JobTraces(OpenTelemetry telemetry) {
        this.tracer = telemetry.getTracer(TRACER);
        this.propagator = telemetry.getPropagators().getTextMapPropagator();
    }

    /**
     * Does the work of a claim within a span.
     *
     * @param request what the claim was taken for
     */
    @SuppressWarnings("try") // the scope acts by being open
    void within(ConsumerRecord<String, byte[]> request, Claim claim, Runnable work) {
        Span span = begin(request, claim.state());
        try {
            Context.current().with(span).wrap(work).run();
        } finally {
            end(span, claim);
        }
    }

    private Span begin(ConsumerRecord<String, byte[]> request, JobState job) {
        SpanBuilder span = tracer.spanBuilder("process " + request.topic())
                .setParent(propagator.extract(Context.root(), request.headers(), FROM_HEADERS))
                .setSpanKind(SpanKind.CONSUMER)
                .setAttribute("messaging.system", "kafka")
                .setAttribute("messaging.operation.type", "process")
                .setAttribute("messaging.destination.name", request.topic())
                .setAttribute("scanstream.job.id", job.id().toString())
                .setAttribute("scanstream.job.kind", text(job.kind()))
                .setAttribute("scanstream.job.slice", job.slice());
        if (job.work() instanceof JobState.Training training) {
            span.setAttribute("scanstream.model", training.model());
        }
        return span.startSpan();
    }

    /** The reason of a failure is left out: it may name files. */
    private static void end(Span span, Claim claim) {
        JobState lostTo = claim.lostTo();
        JobState left = lostTo == null ? claim.state() : lostTo;
        span.setAttribute("scanstream.job.status", text(left.status()));
        if (left.status() == JobStatus.FAILED) {
            span.setAttribute("error.type", String.valueOf(left.errorCode()));
            span.setStatus(StatusCode.ERROR);
        }
        span.end();
    }

    private static String text(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
