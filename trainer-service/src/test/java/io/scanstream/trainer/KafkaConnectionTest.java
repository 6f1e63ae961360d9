package io.scanstream.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

/** What the share consumer takes from the settings that all Kafka clients have. */
class KafkaConnectionTest {
    @Test
    void getsInAsAllClientsDoAndLeavesWhatItWouldRefuse() {
        Map<String, String> settings = Trainer.requests(
                Map.of(
                        "bootstrap.servers", "broker:9093",
                        "security.protocol", "SASL_SSL",
                        "sasl.mechanism", "SCRAM-SHA-512",
                        "sasl.jaas.config", "…",
                        "ssl.truststore.location", "/ca.pem",
                        "ssl.keystore.location", "/me.pem",
                        "group.protocol", "consumer",
                        "auto.offset.reset", "earliest",
                        "isolation.level", "read_committed"),
                Map.of("fetch.max.wait.ms", "100"),
                "trainer-1");

        assertThat(settings)
                .containsOnly(
                        Map.entry("bootstrap.servers", "broker:9093"),
                        Map.entry("security.protocol", "SASL_SSL"),
                        Map.entry("sasl.mechanism", "SCRAM-SHA-512"),
                        Map.entry("sasl.jaas.config", "…"),
                        Map.entry("ssl.truststore.location", "/ca.pem"),
                        Map.entry("ssl.keystore.location", "/me.pem"),
                        Map.entry("fetch.max.wait.ms", "100"),
                        Map.entry("client.id", "trainer-1"));
    }
}
