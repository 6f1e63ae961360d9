package io.scanstream.gateway;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.TopicPartition;

/** How far partitions were read: where one comes back after it was away, reading goes on where it was. Thread-safe. */
final class ReadOnce {
    private final Map<TopicPartition, Long> next = new ConcurrentHashMap<>();

    /** A record was read. */
    void read(String topic, int partition, long offset) {
        next.put(new TopicPartition(topic, partition), offset + 1);
    }

    /**
     * Where reading goes on.
     *
     * @param first where it begins if nothing was read yet
     */
    long from(TopicPartition partition, long first) {
        return next.computeIfAbsent(partition, unread -> first);
    }

    /** Whether everything before these offsets has been read. */
    boolean reached(Map<TopicPartition, Long> ends) {
        return ends.entrySet().stream().allMatch(end -> next.getOrDefault(end.getKey(), 0L) >= end.getValue());
    }
}
