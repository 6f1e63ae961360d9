package io.scanstream.trainer;

import io.opentelemetry.context.Context;
import io.scanstream.contracts.Topics;
import io.scanstream.trainer.job.Announcements;
import io.smallrye.reactive.messaging.TracingMetadata;
import io.smallrye.reactive.messaging.kafka.api.OutgoingKafkaRecordMetadata;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.eclipse.microprofile.reactive.messaging.Channel;
import org.eclipse.microprofile.reactive.messaging.Emitter;
import org.eclipse.microprofile.reactive.messaging.Message;
import org.eclipse.microprofile.reactive.messaging.OnOverflow;
import org.jspecify.annotations.Nullable;

/** What the trainer writes to Kafka. A channel that is full, as when Kafka is away, refuses at once instead of blocking. */
@ApplicationScoped
class KafkaSender implements Announcements.Sender {
    private static final int ROOM = 1024;

    private final Map<String, Emitter<byte[]>> emitters;

    KafkaSender(
            @Channel("training-events") @OnOverflow(value = OnOverflow.Strategy.BUFFER, bufferSize = ROOM)
                    Emitter<byte[]> trainingEvents,
            @Channel("model-events") @OnOverflow(value = OnOverflow.Strategy.BUFFER, bufferSize = ROOM)
                    Emitter<byte[]> modelEvents,
            @Channel("training-requests") @OnOverflow(value = OnOverflow.Strategy.BUFFER, bufferSize = ROOM)
                    Emitter<byte[]> trainingRequests,
            @Channel("training-requests-dlq") @OnOverflow(value = OnOverflow.Strategy.BUFFER, bufferSize = ROOM)
                    Emitter<byte[]> deadLetters) {
        this.emitters = Map.of(
                Topics.TRAINING_EVENTS, trainingEvents,
                Topics.MODEL_EVENTS, modelEvents,
                Topics.TRAINING_REQUESTS, trainingRequests,
                Topics.TRAINING_REQUESTS_DLQ, deadLetters);
    }

    @Override
    public CompletionStage<Void> send(String topic, @Nullable String key, byte[] value, Map<String, String> headers) {
        Emitter<byte[]> emitter = emitters.get(topic);
        if (emitter == null) {
            throw new IllegalArgumentException("no channel for topic " + topic);
        }
        Headers all = new RecordHeaders();
        headers.forEach((name, text) -> all.add(name, text.getBytes(StandardCharsets.UTF_8)));
        OutgoingKafkaRecordMetadata<String> metadata = OutgoingKafkaRecordMetadata.<String>builder()
                .withKey(key)
                .withHeaders(all)
                .build();
        CompletableFuture<Void> sent = new CompletableFuture<>();
        Message<byte[]> message = Message.of(
                        value,
                        () -> {
                            sent.complete(null);
                            return CompletableFuture.completedFuture(null);
                        },
                        e -> {
                            sent.completeExceptionally(e);
                            return CompletableFuture.completedFuture(null);
                        })
                .addMetadata(metadata)
                // The record carries the context of the job that it is about.
                .addMetadata(TracingMetadata.withCurrent(Context.current()));
        try {
            emitter.send(message);
        } catch (IllegalStateException e) {
            sent.completeExceptionally(e);
        }
        return sent;
    }
}
