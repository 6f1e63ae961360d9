package io.scanstream.gateway;

import io.smallrye.common.annotation.Identifier;
import io.smallrye.reactive.messaging.kafka.KafkaConsumerRebalanceListener;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Default;
import jakarta.inject.Inject;
import java.util.Collection;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.TopicPartition;

/**
 * Reads the newest shadow scores at the start, as many as there are answers to compare them with, and none of them twice:
 * where a partition comes back after it was away, reading goes on where it was.
 */
@ApplicationScoped
@Default
@Identifier("shadow-replay")
class ShadowReplay implements KafkaConsumerRebalanceListener {
    private final int capacity;
    private final ReadOnce read = new ReadOnce();

    @Inject
    ShadowReplay(GatewayConfig config) {
        this(config.scans().window());
    }

    ShadowReplay(int capacity) {
        this.capacity = capacity;
    }

    @Override
    public void onPartitionsAssigned(Consumer<?, ?> consumer, Collection<TopicPartition> partitions) {
        if (partitions.isEmpty()) {
            return;
        }
        Map<TopicPartition, Long> newest = consumer.endOffsets(partitions);
        Map<TopicPartition, Long> oldest = consumer.beginningOffsets(partitions);
        long back = (long) capacity / partitions.size() + 1;
        for (TopicPartition partition : partitions) {
            long begin = oldest.getOrDefault(partition, 0L);
            long replayed = newest.getOrDefault(partition, 0L) - back;
            consumer.seek(partition, Math.max(begin, read.from(partition, replayed)));
        }
    }

    /** A record was counted. */
    void counted(String topic, int partition, long offset) {
        read.read(topic, partition, offset);
    }
}
