package io.scanstream.gateway;

import static io.scanstream.gateway.testing.Fixtures.scored;
import static org.assertj.core.api.Assertions.assertThat;

import io.scanstream.contracts.TimeOrderedId;
import io.scanstream.contracts.scoring.ScanId;
import io.scanstream.gateway.scans.ScoreWindow;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ScoreReplayTest {
    private static final TopicPartition SHORT = new TopicPartition("scores", 0);
    private static final TopicPartition LONG = new TopicPartition("scores", 1);

    private final ScoreWindow window = new ScoreWindow(100);
    private final ScoreReplay replay = new ScoreReplay(window, 100);
    private final MockConsumer<String, byte[]> consumer = new MockConsumer<>("earliest");

    @BeforeEach
    void assign() {
        consumer.assign(List.of(SHORT, LONG));
        consumer.updateBeginningOffsets(Map.of(SHORT, 3L, LONG, 0L));
        consumer.updateEndOffsets(Map.of(SHORT, 50L, LONG, 5000L));
        assertThat(replay.caughtUp(Map.of())).isFalse();
        replay.onPartitionsAssigned(consumer, Set.of(SHORT, LONG));
    }

    @Test
    void goesBackByTwiceTheWindowSharedBetweenPartitions() {
        assertThat(consumer.position(SHORT)).isEqualTo(3);
        assertThat(consumer.position(LONG)).isEqualTo(5000 - 101);
    }

    @Test
    void isCaughtUpOnceEveryPartitionIsReadToWhereItEnded() {
        assertThat(replay.caughtUp(Map.of(SHORT, 50L, LONG, 4999L))).isFalse();
        assertThat(replay.caughtUp(Map.of(SHORT, 50L))).isFalse();
        assertThat(replay.caughtUp(Map.of(SHORT, 50L, LONG, 5001L))).isTrue();
    }

    @Test
    void whatLiesBeforeTheFirstRecordOfACutPartitionIsForgotten() {
        Instant first = Instant.now().minusSeconds(600);
        ScanId older = new ScanId(TimeOrderedId.derived(first.minusSeconds(1), "a"));
        window.saw(scored(older, "m"));

        replay.saw("scores", 0, new ScanId(TimeOrderedId.derived(first.plusSeconds(60), "b")));
        assertThat(window.size()).isEqualTo(1);
        replay.saw("scores", 1, new ScanId(TimeOrderedId.derived(first, "c")));
        assertThat(window.size()).isZero();

        window.saw(scored(new ScanId(TimeOrderedId.derived(first.plusSeconds(1), "d")), "m"));
        replay.saw("scores", 1, new ScanId(TimeOrderedId.derived(first.plusSeconds(300), "e")));
        assertThat(window.size()).isEqualTo(1);
    }
}
