package io.scanstream.inference.deadletter;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.scoring.ScanHeaders;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;

/**
 * The dead letters of one topic, up to the end that it has when it is read. A topic is read twice: first for the receipts of
 * what was replayed, which lie behind the letters that they are about; then for the letters, which are held one at a time.
 * Where only the oldest are wanted, which are those is found out in between.
 */
public final class DeadLetters {
    private static final Duration POLL = Duration.ofMillis(500);
    private static final Duration SILENCE = Duration.ofSeconds(10);

    private final Supplier<Consumer<byte[], byte[]>> connecting;
    private final String topic;
    private final Duration silence;

    /**
     * Nothing is read yet.
     *
     * @param client what a Kafka client needs to connect, {@code bootstrap.servers} at least
     */
    public DeadLetters(Map<String, Object> client, String topic) {
        this(() -> new KafkaConsumer<>(settings(client)), topic, SILENCE);
    }

    /**
     * Nothing is read yet.
     *
     * @param silence after which the broker is asked whether it is still there
     */
    DeadLetters(Supplier<Consumer<byte[], byte[]>> connecting, String topic, Duration silence) {
        this.connecting = connecting;
        this.topic = topic;
        this.silence = silence;
    }

    /** Takes one letter after the other; false to have no more. */
    public interface Reader {
        boolean next(DeadLetter letter);
    }

    /**
     * Reads the chosen letters by partition and offset.
     *
     * @throws ScanstreamException {@code INVALID_REQUEST} if there is no such topic
     * @throws org.apache.kafka.common.KafkaException if the broker does not answer, or not any more
     */
    public void read(Choice choice, Reader reader) {
        read(choice, letter -> true, reader);
    }

    void read(Choice choice, Predicate<DeadLetter> open, Reader reader) {
        try (Consumer<byte[], byte[]> consumer = connecting.get()) {
            List<TopicPartition> partitions = partitions(consumer);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            Set<String> receipts = new HashSet<>();
            each(consumer, ends, 0, record -> {
                String place = receipt(record);
                if (place != null) {
                    receipts.add(place);
                }
                return true;
            });
            Predicate<DeadLetter> wanted = letter -> choice.includes(letter) && open.test(letter);
            Integer limit = choice.limit();
            if (limit == null) {
                letters(consumer, ends, choice.from(), receipts, letter -> !wanted.test(letter) || reader.next(letter));
                return;
            }
            Set<String> oldest = new HashSet<>();
            PriorityQueue<Place> newestFirst = new PriorityQueue<>(Comparator.reverseOrder());
            letters(consumer, ends, choice.from(), receipts, letter -> {
                if (wanted.test(letter)) {
                    newestFirst.add(Place.of(letter));
                }
                if (newestFirst.size() > limit) {
                    newestFirst.remove();
                }
                return true;
            });
            newestFirst.forEach(place -> oldest.add(place.partition() + "@" + place.offset()));
            if (!oldest.isEmpty()) {
                letters(
                        consumer,
                        ends,
                        choice.from(),
                        receipts,
                        letter -> !oldest.remove(letter.place()) || (reader.next(letter) && !oldest.isEmpty()));
            }
        }
    }

    /** Where a letter lies, the oldest first. */
    private record Place(Instant time, int partition, long offset) implements Comparable<Place> {
        static Place of(DeadLetter letter) {
            return new Place(letter.time(), letter.partition(), letter.offset());
        }

        @Override
        public int compareTo(Place other) {
            return Comparator.comparing(Place::time)
                    .thenComparingInt(Place::partition)
                    .thenComparingLong(Place::offset)
                    .compare(this, other);
        }
    }

    private void letters(
            Consumer<byte[], byte[]> consumer,
            Map<TopicPartition, Long> ends,
            long from,
            Set<String> receipts,
            Reader reader) {
        each(consumer, ends, from, record -> {
            if (receipt(record) != null) {
                return true;
            }
            return reader.next(DeadLetter.of(record, receipts.contains(record.partition() + "@" + record.offset())));
        });
    }

    private List<TopicPartition> partitions(Consumer<?, ?> consumer) {
        List<TopicPartition> partitions = Stream.ofNullable(consumer.partitionsFor(topic))
                .flatMap(List::stream)
                .map(info -> new TopicPartition(topic, info.partition()))
                .sorted(Comparator.comparingInt(TopicPartition::partition))
                .toList();
        if (partitions.isEmpty()) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST, "there is no topic " + topic + ". Name one of dead letters, --topic.");
        }
        return partitions;
    }

    /** Goes through the partitions one after the other. */
    private void each(
            Consumer<byte[], byte[]> consumer,
            Map<TopicPartition, Long> ends,
            long from,
            Predicate<ConsumerRecord<byte[], byte[]>> reader) {
        Map<TopicPartition, Long> beginnings = consumer.beginningOffsets(ends.keySet());
        for (TopicPartition partition : ends.keySet().stream()
                .sorted(Comparator.comparingInt(TopicPartition::partition))
                .toList()) {
            long end = ends.getOrDefault(partition, 0L);
            consumer.assign(List.of(partition));
            consumer.seek(partition, Math.max(from, beginnings.getOrDefault(partition, 0L)));
            long heard = System.nanoTime();
            while (consumer.position(partition) < end) {
                long before = consumer.position(partition);
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                    if (record.offset() < end && !reader.test(record)) {
                        return;
                    }
                }
                if (consumer.position(partition) > before) {
                    heard = System.nanoTime();
                } else if (System.nanoTime() - heard > silence.toNanos()) {
                    // A poll waits in silence for a broker that is gone; this question fails.
                    consumer.endOffsets(List.of(partition), silence);
                    heard = System.nanoTime();
                }
            }
        }
    }

    private static @Nullable String receipt(ConsumerRecord<byte[], byte[]> record) {
        return DeadLetterRecord.text(record.headers(), ScanHeaders.REPLAYED);
    }

    private static Map<String, Object> settings(Map<String, Object> client) {
        Map<String, Object> settings = new HashMap<>(client);
        settings.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
        settings.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
        settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        return settings;
    }
}
