package io.scanstream.inference.kafka;

import io.scanstream.contracts.Json;
import io.scanstream.contracts.Topics;
import io.scanstream.contracts.scoring.ScoreEvent.ScanScored;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

/**
 * Writes to {@code scores.shadow} with a producer of its own, outside of every transaction, and gives up soon. The producer
 * is made for the first score: most installations shadow nothing.
 */
final class ShadowWriter implements ShadowScoring.Sink {
    private static final int MOST_BLOCKED_MS = 1_000;
    private static final int GIVE_UP_MS = 10_000;

    private final KafkaSettings settings;
    private @Nullable Producer<byte[], byte[]> producer;

    ShadowWriter(KafkaSettings settings) {
        this.settings = settings;
    }

    @Override
    public synchronized CompletableFuture<Void> write(ScanScored score) {
        if (producer == null) {
            producer = new KafkaProducer<>(properties());
        }
        byte[] key = score.scanId().toString().getBytes(StandardCharsets.UTF_8);
        CompletableFuture<Void> written = new CompletableFuture<>();
        var unused = producer.send(
                new ProducerRecord<>(Topics.SCORES_SHADOW, key, Json.bytes(score)), (metadata, failure) -> {
                    if (failure == null) {
                        written.complete(null);
                    } else {
                        written.completeExceptionally(failure);
                    }
                });
        return written;
    }

    private Map<String, Object> properties() {
        Map<String, Object> properties = new HashMap<>(settings.producer());
        properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, MOST_BLOCKED_MS);
        properties.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, GIVE_UP_MS);
        properties.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, GIVE_UP_MS / 2);
        properties.put(ProducerConfig.LINGER_MS_CONFIG, 5);
        return properties;
    }

    @Override
    public synchronized void close() {
        if (producer != null) {
            producer.close(Duration.ofMillis(MOST_BLOCKED_MS));
        }
    }
}
