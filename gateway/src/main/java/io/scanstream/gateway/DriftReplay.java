package io.scanstream.gateway;

import io.smallrye.common.annotation.Identifier;
import io.smallrye.reactive.messaging.kafka.KafkaConsumerRebalanceListener;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Default;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.TopicPartition;

/**
 * Reads what was counted within the window again at the start, and none of it twice. Knows when that is done: what is compared
 * before would be a part of it.
 */
@ApplicationScoped
@Default
@Identifier("drift-replay")
class DriftReplay implements KafkaConsumerRebalanceListener {
    private final Duration window;
    private final ReadOnce read = new ReadOnce();
    private final Map<TopicPartition, Long> ends = new ConcurrentHashMap<>();
    private volatile boolean assigned;

    @Inject
    DriftReplay(GatewayConfig config) {
        this(config.drift().window());
    }

    DriftReplay(Duration window) {
        this.window = window;
    }

    @Override
    public void onPartitionsAssigned(Consumer<?, ?> consumer, Collection<TopicPartition> partitions) {
        if (partitions.isEmpty()) {
            return;
        }
        long begin = System.currentTimeMillis() - window.toMillis();
        Map<TopicPartition, Long> asked = new HashMap<>();
        partitions.forEach(partition -> asked.put(partition, begin));
        Map<TopicPartition, Long> newest = consumer.endOffsets(partitions);
        Map<TopicPartition, OffsetAndTimestamp> first = consumer.offsetsForTimes(asked);
        for (TopicPartition partition : partitions) {
            long end = newest.getOrDefault(partition, 0L);
            OffsetAndTimestamp within = first.get(partition);
            consumer.seek(partition, read.from(partition, within == null ? end : within.offset()));
            ends.put(partition, end);
        }
        assigned = true;
    }

    /** A record was counted. */
    void counted(String topic, int partition, long offset) {
        read.read(topic, partition, offset);
    }

    /** Whether everything that was there at the start has been counted. */
    boolean caughtUp() {
        return assigned && read.reached(ends);
    }
}
