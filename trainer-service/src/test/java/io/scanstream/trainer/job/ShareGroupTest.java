package io.scanstream.trainer.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.Topics;
import io.scanstream.local.broker.EmbeddedBroker;
import io.scanstream.local.broker.TopicSetup;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
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
    void getsInWithAPasswordWhereKafkaAsksForOne(@TempDir Path folder) throws Exception {
        int[] ports = freePorts();
        Files.writeString(folder.resolve("ports.properties"), "broker=" + ports[0] + "\ncontroller=" + ports[1] + "\n");
        Map<String, String> listeners = Map.of(
                "listeners",
                "PLAINTEXT://127.0.0.1:" + ports[0] + ",CONTROLLER://127.0.0.1:" + ports[1] + ",SECURED://127.0.0.1:"
                        + ports[2],
                "listener.security.protocol.map",
                "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURED:SASL_PLAINTEXT",
                "inter.broker.listener.name",
                "PLAINTEXT",
                "sasl.enabled.mechanisms",
                "PLAIN",
                "listener.name.secured.plain.sasl.jaas.config",
                "org.apache.kafka.common.security.plain.PlainLoginModule required user_trainer=\"secret\";");
        try (EmbeddedBroker secured = EmbeddedBroker.start(folder, listeners)) {
            TopicSetup.create(secured.bootstrapServers());
            ShareGroup.prepare(withPassword(ports[2], "secret"));
            try (ShareGroup group = ShareGroup.join(withPassword(ports[2], "secret"))) {
                assertThat(group.next(Duration.ofMillis(100))).isEmpty();
            }
            assertThatThrownBy(() -> ShareGroup.prepare(withPassword(ports[2], "wrong")))
                    .hasMessageContaining("Authentication failed");
        }
    }

    private static Map<String, String> withPassword(int port, String password) {
        return Map.of(
                "bootstrap.servers",
                "127.0.0.1:" + port,
                "security.protocol",
                "SASL_PLAINTEXT",
                "sasl.mechanism",
                "PLAIN",
                "sasl.jaas.config",
                "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"trainer\" password=\""
                        + password + "\";");
    }

    private static int[] freePorts() throws IOException {
        try (ServerSocket one = new ServerSocket(0);
                ServerSocket two = new ServerSocket(0);
                ServerSocket three = new ServerSocket(0)) {
            return new int[] {one.getLocalPort(), two.getLocalPort(), three.getLocalPort()};
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
