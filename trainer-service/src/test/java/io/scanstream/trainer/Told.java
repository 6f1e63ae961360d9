package io.scanstream.trainer;

import io.scanstream.contracts.Json;
import io.scanstream.contracts.Topics;
import io.scanstream.contracts.training.TrainingEvent;
import io.scanstream.contracts.training.TrainingMessage;
import io.scanstream.trainer.job.Announcements;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;

/** Keeps what would have gone to Kafka. */
public final class Told implements Announcements.Sender {
    public record Record(String topic, String key, byte[] value, Map<String, String> headers) {}

    public final List<Record> records = new CopyOnWriteArrayList<>();

    @Override
    public CompletionStage<Void> send(String topic, String key, byte[] value, Map<String, String> headers) {
        records.add(new Record(topic, key, value, headers));
        return CompletableFuture.completedFuture(null);
    }

    public List<TrainingEvent> events() {
        return records.stream()
                .filter(record -> record.topic().equals(Topics.TRAINING_EVENTS))
                .map(record -> Json.read(record.value(), TrainingEvent.class))
                .toList();
    }

    public List<TrainingMessage> requests() {
        return records.stream()
                .filter(record -> record.topic().equals(Topics.TRAINING_REQUESTS))
                .map(record -> Json.read(record.value(), TrainingMessage.class))
                .toList();
    }
}
