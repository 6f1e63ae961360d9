package io.scanstream.inference.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.scanstream.contracts.Topics;
import io.scanstream.contracts.scoring.ScanId;
import io.scanstream.inference.Cluster;
import io.scanstream.inference.ScanClient;
import io.scanstream.inference.ScoringProcess;
import io.scanstream.inference.TinyModel;
import io.scanstream.inference.arrivals.IncomingLayout;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.RangeAssignor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GroupProtocolTest {
    private static final String PROTOCOL = "group.protocol";
    private static final String STRATEGY = "partition.assignment.strategy";

    @Test
    void isTheBrokersOwnUntilItTurnsOutToHaveNone() {
        KafkaSettings settings = settings(Map.of());
        Map<String, Object> first = settings.member("g");
        Map<String, Object> beside = settings.member("h");
        assertThat(first).containsEntry(PROTOCOL, "consumer").doesNotContainKey(STRATEGY);

        assertThat(settings.fallsBack(first)).isTrue();
        assertThat(settings.fallsBack(beside)).isTrue();

        Map<String, Object> second = settings.member("g");
        assertThat(second)
                .containsEntry(PROTOCOL, "classic")
                .containsEntry(STRATEGY, CooperativeStickyAssignor.class.getName());
        assertThat(settings.fallsBack(second)).isFalse();
    }

    @Test
    void isWhatTheUserSaysWhereHeSaysIt() {
        KafkaSettings classic = settings(Map.of(PROTOCOL, "CLASSIC", STRATEGY, RangeAssignor.class.getName()));
        assertThat(classic.member("g"))
                .containsEntry(PROTOCOL, "CLASSIC")
                .containsEntry(STRATEGY, RangeAssignor.class.getName());

        KafkaSettings own = settings(Map.of(PROTOCOL, "consumer"));
        assertThat(own.fallsBack(own.member("g"))).isFalse();
        assertThat(own.member("g")).containsEntry(PROTOCOL, "consumer");
    }

    @Test
    void scoresOverABrokerThatHasTheClassicProtocolOnly(@TempDir Path folder) throws InterruptedException {
        try (Cluster cluster = Cluster.start(folder, Map.of("group.coordinator.rebalance.protocols", "classic"))) {
            cluster.models().publishChampion(TinyModel.aModel().write(folder.resolve("v1")));
            ScoringProcess scoring =
                    ScoringProcess.start(cluster, folder.resolve("cache"), new IncomingLayout("incoming"));
            try (ScanClient client = cluster.client();
                    ScanClient.Reader scores = client.read(Topics.SCORES)) {
                ScanId id = client.send("tiny", TinyModel.png(200, 20, 30, 24, 24));
                client.flush();

                await().atMost(Duration.ofSeconds(60)).until(() -> scores.scores().stream()
                        .anyMatch(score -> score.scanId().equals(id)));
            } finally {
                scoring.close();
            }
        }
    }

    private static KafkaSettings settings(Map<String, Object> more) {
        Map<String, Object> client = new HashMap<>(more);
        client.put("bootstrap.servers", "127.0.0.1:1");
        return new KafkaSettings(
                client, "test", 64, 1 << 20, Duration.ZERO, Duration.ofSeconds(1), Duration.ofSeconds(1), 10);
    }
}
