package io.scanstream.gateway.messaging;

import io.opentelemetry.context.Context;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.ScanstreamException;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.BackPressureFailure;
import io.smallrye.reactive.messaging.TracingMetadata;
import io.smallrye.reactive.messaging.kafka.api.OutgoingKafkaRecordMetadata;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.eclipse.microprofile.reactive.messaging.Message;
import org.eclipse.microprofile.reactive.messaging.Metadata;
import org.jboss.logging.Logger;

/** Writes records to one topic. */
public final class Outbox {
    private static final Logger LOG = Logger.getLogger(Outbox.class);

    /** SmallRye's own code for an emitter that nobody drains fast enough. */
    private static final String BUFFER_FULL = "SRMSG00034";

    private final String topic;
    private final Function<Message<byte[]>, Uni<Void>> emitter;
    private final Duration patience;

    /**
     * Writes through an emitter.
     *
     * @param emitter sends a message; its result completes when the brokers have acknowledged the record
     * @param patience after which a record without an acknowledgement counts as not written
     */
    public Outbox(String topic, Function<Message<byte[]>, Uni<Void>> emitter, Duration patience) {
        this.topic = topic;
        this.emitter = emitter;
        this.patience = patience;
    }

    /**
     * Writes a record.
     *
     * @return completes when all in-sync replicas have it; fails with a {@link ScanstreamException}, {@code
     *     BROKER_UNAVAILABLE} if that cannot be had (the record may have been written all the same), {@code OVERLOADED} if
     *     too many records wait, {@code TOO_LARGE} if the topic does not take records of this size
     */
    public CompletableFuture<Void> send(String key, byte[] value, Map<String, String> headers) {
        RecordHeaders records = new RecordHeaders();
        headers.forEach((name, text) -> records.add(name, text.getBytes(StandardCharsets.UTF_8)));
        Message<byte[]> message = Message.of(
                value,
                Metadata.of(
                        OutgoingKafkaRecordMetadata.<String>builder()
                                .withKey(key)
                                .withHeaders(records)
                                .build(),
                        // The record carries the context of the request that it is written for.
                        TracingMetadata.withCurrent(Context.current())));
        CompletableFuture<Void> sent;
        try {
            sent = emitter.apply(message).subscribeAsCompletionStage();
        } catch (RuntimeException e) {
            sent = CompletableFuture.failedFuture(e);
        }
        return sent.orTimeout(patience.toMillis(), TimeUnit.MILLISECONDS)
                .exceptionallyCompose(e -> CompletableFuture.failedFuture(failure(e)));
    }

    /** Waits for a record that was sent; throws what its future fails with. */
    public static void await(CompletableFuture<Void> sent) {
        try {
            sent.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof ScanstreamException known ? known : e;
        }
    }

    /** Writes a record that only hurries what stands in the store: a failure is logged, and somebody lists the store. */
    public void nudge(String key, Object event) {
        try {
            await(send(key, Json.bytes(event), Map.of()));
        } catch (ScanstreamException e) {
            LOG.warnf("%s: %s was not written; the next listing of the store finds it: %s", topic, key, e.getMessage());
        }
    }

    private ScanstreamException failure(Throwable e) {
        Throwable cause = e instanceof CompletionException && e.getCause() != null ? e.getCause() : e;
        if (cause instanceof RecordTooLargeException) {
            return new ScanstreamException(
                    ErrorCode.TOO_LARGE,
                    topic + ": Kafka does not take a record of this size. Raise the topic's max.message.bytes or lower"
                            + " scanstream.scans.inline-max-bytes.",
                    cause);
        }
        if (cause instanceof BackPressureFailure || (cause.getMessage() + "").contains(BUFFER_FULL)) {
            return new ScanstreamException(ErrorCode.OVERLOADED, topic + ": " + cause.getMessage(), cause);
        }
        return new ScanstreamException(
                ErrorCode.BROKER_UNAVAILABLE, topic + ": the record was not acknowledged: " + cause, cause);
    }
}
