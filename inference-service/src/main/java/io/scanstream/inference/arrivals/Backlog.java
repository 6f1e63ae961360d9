package io.scanstream.inference.arrivals;

import io.scanstream.inference.arrivals.IncomingLayout.Place;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;

/** How many scans wait to be scored. */
final class Backlog implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(15);

    private final Admin admin;

    Backlog(Map<String, Object> client) {
        this.admin = Admin.create(client);
    }

    /**
     * Records of the place's topic that its group has not committed yet; a few more where transactions left their marks.
     *
     * @throws KafkaException if the broker does not say
     */
    long waiting(Place place) {
        Map<TopicPartition, Long> ends = offsets(place.topic(), OffsetSpec.latest());
        Map<TopicPartition, Long> beginnings = offsets(place.topic(), OffsetSpec.earliest());
        Map<TopicPartition, OffsetAndMetadata> committed =
                await(admin.listConsumerGroupOffsets(place.group()).partitionsToOffsetAndMetadata());
        long waiting = 0;
        for (Map.Entry<TopicPartition, Long> end : ends.entrySet()) {
            long beginning = beginnings.getOrDefault(end.getKey(), 0L);
            OffsetAndMetadata next = committed.get(end.getKey());
            waiting += end.getValue() - Math.max(beginning, next == null ? 0 : next.offset());
        }
        return Math.max(0, waiting);
    }

    private Map<TopicPartition, Long> offsets(String topic, OffsetSpec which) {
        var described = await(admin.describeTopics(List.of(topic)).allTopicNames());
        Map<TopicPartition, OffsetSpec> asked = described.values().stream()
                .flatMap(found -> found.partitions().stream())
                .map(info -> new TopicPartition(topic, info.partition()))
                .collect(Collectors.toMap(Function.identity(), partition -> which));
        return await(admin.listOffsets(asked).all()).entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey, entry -> entry.getValue().offset()));
    }

    private static <T> T await(KafkaFuture<T> answer) {
        try {
            return answer.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new KafkaException("how many scans wait cannot be read", e);
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    @Override
    public void close() {
        admin.close(Duration.ofSeconds(5));
    }
}
