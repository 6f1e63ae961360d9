package io.scanstream.trainer;

import io.scanstream.contracts.Json;
import io.scanstream.contracts.Topics;
import io.scanstream.contracts.training.TrainingEvent;
import io.scanstream.contracts.training.TrainingMessage;
import io.scanstream.trainer.job.Announcements;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** Keeps what would have gone to Kafka. */
public final class Told implements Announcements.Sender {
    public record Message(String topic, @Nullable String key, String value, Map<String, String> headers) {}

    public final List<Message> messages = new CopyOnWriteArrayList<>();

    @Override
    public CompletionStage<Void> send(String topic, @Nullable String key, byte[] value, Map<String, String> headers) {
        messages.add(new Message(topic, key, new String(value, StandardCharsets.UTF_8), headers));
        return CompletableFuture.completedFuture(null);
    }

    public List<TrainingEvent> events() {
        return messages.stream()
                .filter(message -> message.topic().equals(Topics.TRAINING_EVENTS))
                .map(message -> Json.read(message.value().getBytes(StandardCharsets.UTF_8), TrainingEvent.class))
                .toList();
    }

    public List<TrainingMessage> requests() {
        return messages.stream()
                .filter(message -> message.topic().equals(Topics.TRAINING_REQUESTS))
                .map(message -> Json.read(message.value().getBytes(StandardCharsets.UTF_8), TrainingMessage.class))
                .toList();
    }
}
