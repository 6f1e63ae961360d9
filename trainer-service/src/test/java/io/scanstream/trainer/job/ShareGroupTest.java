package io.scanstream.trainer.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.Topics;
import io.scanstream.local.broker.EmbeddedBroker;
import io.scanstream.local.broker.TopicSetup;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.FeatureUpdate;
import org.apache.kafka.clients.admin.UpdateFeaturesOptions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShareGroupTest {
    private static final Duration LONG = Duration.ofSeconds(60);

    private EmbeddedBroker broker;
    private Map<String, String> settings;

    @BeforeEach
    void start(@TempDir Path folder) throws Exception {
        broker = EmbeddedBroker.start(folder);
        TopicSetup.create(broker.bootstrapServers());
        settings = Map.of("bootstrap.servers", broker.bootstrapServers());
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    private void ask(String... jobs) throws Exception {
        try (KafkaProducer<String, byte[]> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", broker.bootstrapServers()),
                new StringSerializer(),
                new ByteArraySerializer())) {
            for (String job : jobs) {
                byte[] value = job.getBytes(StandardCharsets.UTF_8);
                producer.send(new ProducerRecord<>(Topics.TRAINING_REQUESTS, job, value))
                        .get();
            }
        }
    }

    @Test
    void getsWhatWasAskedBeforeTheFirstMemberCameAndKeepsNothingWhenItLeaves() throws Exception {
        ask("1", "2", "3");
        ShareGroup.prepare(settings);
        List<String> taken = new ArrayList<>();
        try (ShareGroup first = ShareGroup.join(settings)) {
            ConsumerRecord<String, byte[]> one = first.next(LONG).orElseThrow();
            taken.add(one.key());
            first.accept(one);
            ConsumerRecord<String, byte[]> two = first.next(LONG).orElseThrow();
            assertThat(two.key()).isEqualTo("2");
            first.giveBack(two);
        }
        try (ShareGroup second = ShareGroup.join(settings)) {
            while (taken.size() < 3) {
                ConsumerRecord<String, byte[]> next = second.next(LONG).orElseThrow();
                taken.add(next.key());
                second.accept(next);
            }
            assertThat(second.next(Duration.ofMillis(500))).isEmpty();
        }
        assertThat(taken).containsExactlyInAnyOrder("1", "2", "3");
    }

    @Test
    void saysWhichFeatureABrokerWithoutShareGroupsLacks() throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
            admin.updateFeatures(
                            Map.of(
                                    "share.version",
                                    new FeatureUpdate((short) 0, FeatureUpdate.UpgradeType.UNSAFE_DOWNGRADE)),
                            new UpdateFeaturesOptions())
                    .all()
                    .get();
            // The controller has decided; the broker learns of it a moment later.
            await().atMost(Duration.ofSeconds(30)).until(() -> !admin.describeFeatures()
                    .featureMetadata()
                    .get()
                    .finalizedFeatures()
                    .containsKey("share.version"));
        }
        assertThatThrownBy(() -> ShareGroup.prepare(settings))
                .isInstanceOfSatisfying(
                        ScanstreamException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_REQUEST))
                .hasMessageContainingAll("share.version", broker.bootstrapServers(), "kafka-features.sh");
    }
}
