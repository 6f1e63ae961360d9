package io.scanstream.inference.deadletter;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.scoring.ScanHeaders;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
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
 */
public final class DeadLetters {
    private static final Duration POLL = Duration.ofMillis(500);

    private final Map<String, Object> client;
    private final String topic;

    /**
     * Nothing is read yet.
     *
     * @param client what a Kafka client needs to connect, {@code bootstrap.servers} at least
     */
    public DeadLetters(Map<String, Object> client, String topic) {
        this.client = Map.copyOf(client);
        this.topic = topic;
    }

    /** Takes one letter after the other; false to have no more. */
    public interface Reader {
        boolean next(DeadLetter letter);
    }

    /**
     * Reads the chosen letters by partition and offset.
     *
     * @throws ScanstreamException {@code INVALID_REQUEST} if there is no such topic
     * @throws org.apache.kafka.common.KafkaException if the broker does not answer
     */
    public void read(Choice choice, Reader reader) {
        read(choice, letter -> true, reader);
    }

    void read(Choice choice, Predicate<DeadLetter> open, Reader reader) {
        try (Consumer<byte[], byte[]> consumer = new KafkaConsumer<>(settings())) {
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
            int[] taken = new int[1];
            each(consumer, ends, choice.from(), record -> {
                if (choice.limit() != null && taken[0] >= choice.limit()) {
                    return false;
                }
                if (receipt(record) != null) {
                    return true;
                }
                DeadLetter letter = DeadLetter.of(record, false);
                if (receipts.contains(letter.place())) {
                    letter = DeadLetter.of(record, true);
                }
                if (!choice.includes(letter) || !open.test(letter)) {
                    return true;
                }
                taken[0]++;
                return reader.next(letter);
            });
        }
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
    private static void each(
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
            while (consumer.position(partition) < end) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                    if (record.offset() < end && !reader.test(record)) {
                        return;
                    }
                }
            }
        }
    }

    private static @Nullable String receipt(ConsumerRecord<byte[], byte[]> record) {
        return DeadLetterRecord.text(record.headers(), ScanHeaders.REPLAYED);
    }

    private Map<String, Object> settings() {
        Map<String, Object> settings = new HashMap<>(client);
        settings.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
        settings.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
        settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        return settings;
    }
}
