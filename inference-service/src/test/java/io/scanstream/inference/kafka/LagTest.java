package io.scanstream.inference.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

class LagTest {
    private static final Set<TopicPartition> ONE = Set.of(new TopicPartition("scans", 0));
    private static final Set<TopicPartition> OTHER = Set.of(new TopicPartition("scans", 1));

    private final List<CompletableFuture<Long>> asked = new ArrayList<>();
    private long now;
    private final Lag lag = new Lag(
            partitions -> {
                asked.add(new CompletableFuture<>());
                return asked.get(asked.size() - 1);
            },
            () -> now);

    @Test
    void isUnknownUntilTheBrokerHasSaidIt() {
        assertThat(lag.records()).isNaN();
        lag.look(ONE);
        assertThat(lag.records()).isNaN();

        asked.get(0).complete(7L);

        assertThat(lag.records()).isEqualTo(7);
    }

    @Test
    void isAskedEveryTwoSecondsAndAtOnceForOtherPartitionsAndNeverTwiceAtATime() {
        lag.look(ONE);
        lag.look(OTHER);
        assertThat(asked).hasSize(1);
        asked.get(0).complete(7L);
        lag.look(ONE);
        assertThat(asked).hasSize(1);

        lag.look(OTHER);
        assertThat(asked).hasSize(2);
        asked.get(1).complete(3L);
        now += Duration.ofSeconds(2).toNanos();
        lag.look(OTHER);
        assertThat(asked).hasSize(3);
    }

    @Test
    void isUnknownWhenTheBrokerDoesNotAnswer() {
        lag.look(ONE);
        asked.get(0).complete(7L);
        now += Duration.ofSeconds(20).toNanos();
        lag.look(ONE);
        assertThat(lag.records()).isEqualTo(7);

        now += Duration.ofSeconds(20).toNanos();
        assertThat(lag.records()).as("an old answer").isNaN();

        asked.get(1).completeExceptionally(new IllegalStateException("no broker"));
        assertThat(lag.records()).isNaN();
        now += Duration.ofSeconds(2).toNanos();
        lag.look(ONE);
        asked.get(2).complete(9L);
        assertThat(lag.records()).isEqualTo(9);
    }
}
