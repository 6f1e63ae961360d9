package io.scanstream.gateway;

import io.scanstream.contracts.TimeOrderedId;
import io.scanstream.contracts.scoring.ScanId;
import io.scanstream.gateway.scans.ScoreWindow;
import io.smallrye.common.annotation.Identifier;
import io.smallrye.reactive.messaging.kafka.KafkaConsumerRebalanceListener;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Default;
import jakarta.inject.Inject;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.TopicPartition;

/**
 * Reads the newest scores again whenever this replica is given the topic: as many as the window holds, and as many more,
 * since partitions do not grow evenly. Knows how far that has to go before the gateway is ready.
 */
@ApplicationScoped
@Default
@Identifier("score-replay")
class ScoreReplay implements KafkaConsumerRebalanceListener {
    private final ScoreWindow window;
    private final int capacity;
    /** Where each partition ended when it was given to us; complete once the first assignment has come. */
    private final Map<TopicPartition, Long> ends = new ConcurrentHashMap<>();
    /** Partitions that were not read from their beginning and whose first record has not come yet. */
    private final Set<TopicPartition> cut = ConcurrentHashMap.newKeySet();

    private volatile boolean assigned;

    @Inject
    ScoreReplay(ScoreWindow window, GatewayConfig config) {
        this(window, config.scans().window());
    }

    ScoreReplay(ScoreWindow window, int capacity) {
        this.window = window;
        this.capacity = capacity;
    }

    @Override
    public void onPartitionsAssigned(Consumer<?, ?> consumer, Collection<TopicPartition> partitions) {
        if (partitions.isEmpty()) {
            return;
        }
        Map<TopicPartition, Long> newest = consumer.endOffsets(partitions);
        Map<TopicPartition, Long> oldest = consumer.beginningOffsets(partitions);
        long back = 2L * capacity / partitions.size() + 1;
        for (TopicPartition partition : partitions) {
            long end = newest.getOrDefault(partition, 0L);
            long begin = oldest.getOrDefault(partition, 0L);
            long from = Math.max(begin, end - back);
            consumer.seek(partition, from);
            if (from > begin) {
                cut.add(partition);
            }
            ends.put(partition, end);
        }
        assigned = true;
    }

    /** A record came: what lies before the first one of a partition that was cut is not known here. */
    void saw(String topic, int partition, ScanId id) {
        if (!cut.isEmpty()
                && cut.remove(new TopicPartition(topic, partition))
                && id.value().version() == 7) {
            window.forgetUpTo(TimeOrderedId.timeOf(id.value()));
        }
    }

    /** Whether everything that was there at the start has been read. */
    boolean caughtUp(Map<TopicPartition, Long> positions) {
        return assigned
                && ends.entrySet().stream().allMatch(end -> positions.getOrDefault(end.getKey(), 0L) >= end.getValue());
    }
}
