package io.scanstream.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DriftReplayTest {
    private static final TopicPartition BUSY = new TopicPartition("model.answers", 0);
    private static final TopicPartition QUIET = new TopicPartition("model.answers", 1);

    private final DriftReplay replay = new DriftReplay(Duration.ofHours(24));
    private final MockConsumer<String, byte[]> consumer = new MockConsumer<>("latest") {
        @Override
        public synchronized Map<TopicPartition, OffsetAndTimestamp> offsetsForTimes(Map<TopicPartition, Long> asked) {
            long dayAgo = System.currentTimeMillis() - Duration.ofHours(24).toMillis();
            assertThat(asked.values()).allMatch(time -> Math.abs(time - dayAgo) < 60_000);
            Map<TopicPartition, OffsetAndTimestamp> first = new HashMap<>();
            first.put(BUSY, new OffsetAndTimestamp(40, dayAgo));
            first.put(QUIET, null);
            return first;
        }
    };

    @BeforeEach
    void assign() {
        consumer.assign(List.of(BUSY, QUIET));
        consumer.updateEndOffsets(Map.of(BUSY, 50L, QUIET, 7L));
        assertThat(replay.caughtUp()).isFalse();
        replay.onPartitionsAssigned(consumer, Set.of(BUSY, QUIET));
    }

    @Test
    void beginsWhereTheWindowBegins() {
        assertThat(consumer.position(BUSY)).isEqualTo(40);
        assertThat(consumer.position(QUIET)).isEqualTo(7);
    }

    @Test
    void isCaughtUpOnceAllOfTheWindowIsCounted() {
        replay.counted("model.answers", 0, 48);
        assertThat(replay.caughtUp()).isFalse();
        replay.counted("model.answers", 0, 49);
        assertThat(replay.caughtUp()).isTrue();
    }

    @Test
    void readsNothingTwiceWhereAPartitionComesBack() {
        replay.counted("model.answers", 0, 44);

        replay.onPartitionsAssigned(consumer, Set.of(BUSY, QUIET));

        assertThat(consumer.position(BUSY)).isEqualTo(45);
        assertThat(consumer.position(QUIET)).isEqualTo(7);
    }
}
