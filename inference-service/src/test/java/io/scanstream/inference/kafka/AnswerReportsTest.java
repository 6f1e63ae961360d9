package io.scanstream.inference.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.scanstream.contracts.Json;
import io.scanstream.contracts.Topics;
import io.scanstream.contracts.model.AnswerCounts;
import io.scanstream.contracts.model.AnswerHistogram;
import io.scanstream.contracts.model.AnswerTally;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.local.broker.EmbeddedBroker;
import io.scanstream.local.broker.TopicSetup;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AnswerReportsTest {
    private static final ModelVersion LUNG = new ModelVersion("lung", "v1");
    private static final ModelVersion SKIN = new ModelVersion("skin", "v1");
    private static final Duration INTERVAL = Duration.ofMillis(100);

    private final Queue<Map<ModelVersion, AnswerHistogram>> counted = new ConcurrentLinkedQueue<>();
    private final AtomicInteger asked = new AtomicInteger();

    @Test
    void whatCouldNotBeWrittenIsWrittenWithWhatCameAfter(@TempDir Path folder) throws InterruptedException {
        counted.add(Map.of(LUNG, answers(2), SKIN, answers(1)));
        counted.add(Map.of(LUNG, answers(3)));
        try (EmbeddedBroker broker = EmbeddedBroker.start(folder);
                AnswerReports reports =
                        new AnswerReports(settings(broker), this::take, INTERVAL, Duration.ofSeconds(1))) {
            reports.start();
            // The topic is not there yet.
            await().atMost(Duration.ofSeconds(60)).until(() -> asked.get() > 2);

            TopicSetup.create(broker.bootstrapServers());

            await().atMost(Duration.ofSeconds(60))
                    .untilAsserted(() -> assertThat(written(broker)).hasSize(2));
            AnswerCounts lung = ofVersion(written(broker), LUNG);
            assertThat(lung.answers()).isEqualTo(answers(5));
            assertThat(lung.instance()).isEqualTo("inference-1");
            assertThat(lung.since()).isBefore(lung.at());
            assertThat(ofVersion(written(broker), SKIN).answers()).isEqualTo(answers(1));
        }
    }

    @Test
    void writesTheLastCountsWhenItIsClosed(@TempDir Path folder) throws InterruptedException {
        try (EmbeddedBroker broker = EmbeddedBroker.start(folder)) {
            TopicSetup.create(broker.bootstrapServers());
            try (AnswerReports reports = new AnswerReports(settings(broker), this::take, Duration.ofHours(1))) {
                reports.start();
                counted.add(Map.of(LUNG, answers(7)));
            }

            List<ConsumerRecord<String, AnswerCounts>> written = written(broker);
            assertThat(written).hasSize(1);
            assertThat(written.get(0).key()).isEqualTo("lung/v1");
            assertThat(written.get(0).value().answers()).isEqualTo(answers(7));
        }
    }

    private Map<ModelVersion, AnswerHistogram> take() {
        asked.incrementAndGet();
        Map<ModelVersion, AnswerHistogram> next = counted.poll();
        return next == null ? Map.of() : next;
    }

    private static AnswerCounts ofVersion(List<ConsumerRecord<String, AnswerCounts>> written, ModelVersion version) {
        return written.stream()
                .map(ConsumerRecord::value)
                .filter(counts -> counts.model().equals(version))
                .findFirst()
                .orElseThrow();
    }

    private static List<ConsumerRecord<String, AnswerCounts>> written(EmbeddedBroker broker) {
        TopicPartition partition = new TopicPartition(Topics.MODEL_ANSWERS, 0);
        List<ConsumerRecord<String, AnswerCounts>> written = new ArrayList<>();
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", broker.bootstrapServers()),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer())) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).get(partition);
            while (consumer.position(partition) < end) {
                consumer.poll(Duration.ofMillis(100))
                        .forEach(record -> written.add(new ConsumerRecord<>(
                                record.topic(),
                                record.partition(),
                                record.offset(),
                                new String(record.key(), StandardCharsets.UTF_8),
                                Json.read(record.value(), AnswerCounts.class))));
            }
        }
        return written;
    }

    private static AnswerHistogram answers(int scans) {
        AnswerTally tally = new AnswerTally(List.of("benign", "cancer"), null);
        for (int i = 0; i < scans; i++) {
            tally.add(new double[] {0.25, 0.75}, 1, null);
        }
        return tally.histogram();
    }

    private static KafkaSettings settings(EmbeddedBroker broker) {
        return new KafkaSettings(
                Map.of("bootstrap.servers", broker.bootstrapServers()),
                "inference-1",
                64,
                1 << 20,
                Duration.ZERO,
                Duration.ofSeconds(1),
                Duration.ofSeconds(1),
                10);
    }
}
