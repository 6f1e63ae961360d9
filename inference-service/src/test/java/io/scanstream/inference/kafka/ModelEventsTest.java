package io.scanstream.inference.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.scanstream.local.broker.EmbeddedBroker;
import io.scanstream.local.broker.TopicSetup;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelEventsTest {
    @Test
    void waitsForATopicThatIsNotThereYet(@TempDir Path folder) throws InterruptedException {
        AtomicInteger nudges = new AtomicInteger();
        try (EmbeddedBroker broker = EmbeddedBroker.start(folder);
                ModelEvents events = new ModelEvents(settings(broker), nudges::incrementAndGet)) {
            events.start();
            // Time to meet the broker without the topic.
            Thread.sleep(1_500);
            assertThat(events.alive()).isTrue();

            TopicSetup.create(broker.bootstrapServers());

            await().atMost(Duration.ofSeconds(60)).until(() -> nudges.get() > 0);
        }
    }

    private static KafkaSettings settings(EmbeddedBroker broker) {
        return new KafkaSettings(
                Map.of("bootstrap.servers", broker.bootstrapServers()),
                "test",
                64,
                1 << 20,
                Duration.ZERO,
                Duration.ofSeconds(1),
                Duration.ofSeconds(1),
                10);
    }
}
