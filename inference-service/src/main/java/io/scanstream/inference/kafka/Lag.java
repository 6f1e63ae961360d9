package io.scanstream.inference.kafka;

import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsOptions;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsSpec;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * How many records of the partitions that are assigned to a consumer are not committed, prepared or not: asked of the broker
 * every two seconds, and never waited for. Also the way to know that the broker answers, since a consumer does not tell.
 */
final class Lag {
    /** What knows it. */
    interface Broker {
        /** The records that are not committed on some partitions; or fails. Returns at once. */
        CompletionStage<Long> behind(Set<TopicPartition> partitions);
    }

    private static final long EVERY_NANOS = Duration.ofSeconds(2).toNanos();
    private static final long STALE_NANOS = Duration.ofSeconds(30).toNanos();
    private static final int TIMEOUT_MS = 5_000;

    private final Broker broker;
    private final LongSupplier nanoTime;
    private Set<TopicPartition> asked = Set.of();
    private boolean asking;
    private long askedNanos;
    private double behind = Double.NaN;
    private long answeredNanos;

    /** Nothing is known yet. */
    Lag(Broker broker, LongSupplier nanoTime) {
        this.broker = broker;
        this.nanoTime = nanoTime;
        this.askedNanos = nanoTime.getAsLong() - EVERY_NANOS;
    }

    /** As a group's offsets say. */
    static Broker of(Admin admin, String group) {
        return partitions -> {
            CompletionStage<Map<TopicPartition, OffsetAndMetadata>> committed = admin.listConsumerGroupOffsets(
                            Map.of(group, new ListConsumerGroupOffsetsSpec().topicPartitions(partitions)),
                            new ListConsumerGroupOffsetsOptions().timeoutMs(TIMEOUT_MS))
                    .partitionsToOffsetAndMetadata(group)
                    .toCompletionStage();
            CompletionStage<Map<TopicPartition, ListOffsetsResultInfo>> beginnings =
                    offsets(admin, partitions, OffsetSpec.earliest());
            CompletionStage<Map<TopicPartition, ListOffsetsResultInfo>> ends =
                    offsets(admin, partitions, OffsetSpec.latest());
            return committed.thenCombine(
                    beginnings.thenCombine(ends, Offsets::new), (next, offsets) -> partitions.stream()
                            .mapToLong(partition -> offsets.behind(partition, next.get(partition)))
                            .sum());
        };
    }

    private record Offsets(
            Map<TopicPartition, ListOffsetsResultInfo> beginnings, Map<TopicPartition, ListOffsetsResultInfo> ends) {
        long behind(TopicPartition partition, @Nullable OffsetAndMetadata next) {
            long beginning = offset(beginnings, partition);
            return Math.max(0, offset(ends, partition) - Math.max(beginning, next == null ? beginning : next.offset()));
        }

        private static long offset(Map<TopicPartition, ListOffsetsResultInfo> of, TopicPartition partition) {
            ListOffsetsResultInfo found = of.get(partition);
            return found == null ? 0 : found.offset();
        }
    }

    private static CompletionStage<Map<TopicPartition, ListOffsetsResultInfo>> offsets(
            Admin admin, Set<TopicPartition> partitions, OffsetSpec which) {
        return admin.listOffsets(
                        partitions.stream().collect(Collectors.toMap(Function.identity(), partition -> which)),
                        new ListOffsetsOptions().timeoutMs(TIMEOUT_MS))
                .all()
                .toCompletionStage();
    }

    /** To be called often: asks if it is time to, or if other partitions are assigned. */
    void look(Set<TopicPartition> assigned) {
        Set<TopicPartition> of;
        synchronized (this) {
            long now = nanoTime.getAsLong();
            if (asking || (now - askedNanos < EVERY_NANOS && assigned.equals(asked))) {
                return;
            }
            asking = true;
            askedNanos = now;
            asked = new HashSet<>(assigned);
            of = Set.copyOf(asked);
        }
        var unused = broker.behind(of).whenComplete(this::answered);
    }

    private synchronized void answered(@Nullable Long records, @Nullable Throwable failure) {
        asking = false;
        answeredNanos = nanoTime.getAsLong();
        behind = records == null || failure != null ? Double.NaN : records;
    }

    /** The records; not a number where the broker did not say, or not of late. */
    synchronized double records() {
        return nanoTime.getAsLong() - answeredNanos > STALE_NANOS ? Double.NaN : behind;
    }
}
