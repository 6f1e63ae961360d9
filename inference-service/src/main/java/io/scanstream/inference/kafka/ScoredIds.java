package io.scanstream.inference.kafka;

import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.Topics;
import io.scanstream.contracts.scoring.ScanId;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;

/** Reads the ids of the latest scores back from {@code scores}, for a partition that was just taken over. */
final class ScoredIds implements AutoCloseable {
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration METADATA = Duration.ofSeconds(5);

    private final Admin admin;
    private final Consumer<byte[], byte[]> consumer;
    private final int window;
    private final int partitions;

    /**
     * Connects.
     *
     * @param admin stays the caller's to close
     */
    ScoredIds(KafkaSettings settings, Admin admin) {
        this.window = settings.repeatWindow();
        this.admin = admin;
        this.consumer = new KafkaConsumer<>(settings.consumer());
        try {
            this.partitions = partitions(consumer, Topics.SCORES);
        } catch (KafkaException e) {
            consumer.close();
            throw e;
        }
    }

    /**
     * How many partitions a topic has.
     *
     * @throws KafkaException if there is no such topic, or no broker
     */
    static int partitions(Consumer<?, ?> consumer, String topic) {
        List<PartitionInfo> found = consumer.partitionsFor(topic, METADATA);
        if (found == null || found.isEmpty()) {
            throw new KafkaException("there is no topic " + topic + ". Create the topics of this installation first.");
        }
        return found.size();
    }

    /**
     * Whether a scan's score lies on the partition of the same number. It does where both topics have equally many;
     * otherwise every partition of the scores may hold it.
     */
    boolean samePartition(int scansPartitions) {
        return scansPartitions == partitions;
    }

    /**
     * The latest ids for a partition of scans, read back bit by bit: what was read is kept, however long all of it takes.
     *
     * <p>The window must hold every score that was committed before the offset from which the partition is taken on. An
     * offset can be committed a moment before the scores of the same transaction can be read, hence: up to the end of
     * what is written when this is called, committed or not, which also waits for a dead owner's transaction to be aborted.
     */
    Reading begin(int scansPartition, boolean samePartition) {
        List<TopicPartition> from = samePartition
                ? List.of(new TopicPartition(Topics.SCORES, scansPartition))
                : consumer.partitionsFor(Topics.SCORES).stream()
                        .map(info -> new TopicPartition(Topics.SCORES, info.partition()))
                        .toList();
        Map<TopicPartition, Long> ends = writtenEnds(from);
        Map<TopicPartition, Long> next = new HashMap<>();
        consumer.beginningOffsets(from)
                .forEach((partition, beginning) ->
                        next.put(partition, Math.max(beginning, ends.getOrDefault(partition, 0L) - window)));
        return new Reading(next, ends);
    }

    /** One window on its way. Several may be; they share the consumer. */
    final class Reading {
        private final RepeatWindow ids = new RepeatWindow(window);
        private final Map<TopicPartition, Long> next;
        private final Map<TopicPartition, Long> ends;
        private final long all;
        private boolean waits;

        private Reading(Map<TopicPartition, Long> next, Map<TopicPartition, Long> ends) {
            this.next = next;
            this.ends = ends;
            this.all = left();
        }

        /** What was read so far; complete once {@link #readOn} says so. */
        RepeatWindow ids() {
            return ids;
        }

        /**
         * Reads on where it stopped.
         *
         * @param within how long to try; something is asked for even in no time
         * @return whether all is read
         */
        boolean readOn(Duration within) {
            long until = System.nanoTime() + within.toNanos();
            consumer.assign(next.keySet());
            next.forEach(consumer::seek);
            while (left() > 0) {
                for (ConsumerRecord<byte[], byte[]> score : consumer.poll(POLL)) {
                    remember(score, ids);
                }
                next.replaceAll((partition, old) -> consumer.position(partition));
                waits = next.entrySet().stream()
                        .filter(position -> position.getValue() < end(position.getKey()))
                        .allMatch(position ->
                                consumer.currentLag(position.getKey()).orElse(1) == 0);
                if (waits || System.nanoTime() - until > 0) {
                    break;
                }
            }
            return left() == 0;
        }

        /** Whether all that is left belongs to transactions that are open, or lies behind them. */
        boolean waitsForTransactions() {
            return waits && left() > 0;
        }

        /** For people: how much of it is read. Marks of transactions count too. */
        String progress() {
            return (all - left()) + " of " + all + " ids read";
        }

        private long left() {
            return next.entrySet().stream()
                    .mapToLong(position -> Math.max(0, end(position.getKey()) - position.getValue()))
                    .sum();
        }

        private long end(TopicPartition partition) {
            return ends.getOrDefault(partition, 0L);
        }
    }

    private static void remember(ConsumerRecord<byte[], byte[]> score, RepeatWindow ids) {
        if (score.key() == null) {
            return;
        }
        try {
            ids.add(Attempt.of(ScanId.of(new String(score.key(), StandardCharsets.UTF_8)), score.headers()));
        } catch (ScanstreamException e) {
            // Written by somebody else: it cannot be the repeat of one of ours.
        }
    }

    private Map<TopicPartition, Long> writtenEnds(List<TopicPartition> of) {
        Map<TopicPartition, OffsetSpec> latest =
                of.stream().collect(Collectors.toMap(Function.identity(), partition -> OffsetSpec.latest()));
        var answer = admin.listOffsets(latest, new ListOffsetsOptions(IsolationLevel.READ_UNCOMMITTED));
        try {
            Map<TopicPartition, Long> ends = new HashMap<>();
            answer.all().get(15, TimeUnit.SECONDS).forEach((partition, end) -> ends.put(partition, end.offset()));
            return ends;
        } catch (ExecutionException | TimeoutException e) {
            throw new KafkaException("the ends of " + of + " cannot be read", e);
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    @Override
    public void close() {
        consumer.close();
    }
}
