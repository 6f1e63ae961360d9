package io.scanstream.inference;

import io.scanstream.contracts.Json;
import io.scanstream.contracts.scoring.ClaimTicket;
import io.scanstream.contracts.scoring.ScanHeaders;
import io.scanstream.contracts.scoring.ScanId;
import io.scanstream.contracts.scoring.ScoreEvent;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/** Sends scans as the gateway does, and reads what was committed. */
public final class ScanClient implements AutoCloseable {
    private final String bootstrapServers;
    private final String topic;
    private final Producer<byte[], byte[]> producer;
    private final List<Future<RecordMetadata>> underWay = new ArrayList<>();

    /** On one topic. */
    public ScanClient(String bootstrapServers, String topic) {
        this.bootstrapServers = bootstrapServers;
        this.topic = topic;
        this.producer = new KafkaProducer<>(Map.of(
                "bootstrap.servers", bootstrapServers,
                "key.serializer", ByteArraySerializer.class,
                "value.serializer", ByteArraySerializer.class));
    }

    /** The same on another topic, such as the urgent one. Caller closes. */
    public ScanClient on(String otherTopic) {
        return new ScanClient(bootstrapServers, otherTopic);
    }

    /** A record for a scan, to be given more headers and sent. */
    public ProducerRecord<byte[], byte[]> scan(ScanId id, @Nullable String model, byte[] bytes) {
        ProducerRecord<byte[], byte[]> scan = new ProducerRecord<>(topic, utf8(id.toString()), bytes);
        scan.headers().add(ScanHeaders.ID, utf8(id.toString()));
        if (model != null) {
            scan.headers().add(ScanHeaders.MODEL, utf8(model));
        }
        return scan;
    }

    public ProducerRecord<byte[], byte[]> claimed(ScanId id, String model, ClaimTicket ticket) {
        ProducerRecord<byte[], byte[]> scan = scan(id, model, Json.bytes(ticket));
        scan.headers().add(ScanHeaders.CONTENT_TYPE, utf8(ScanHeaders.CLAIM_TICKET));
        return scan;
    }

    public void send(ProducerRecord<byte[], byte[]> scan) {
        underWay.add(producer.send(scan));
    }

    public ScanId send(String model, byte[] bytes) {
        ScanId id = ScanId.next();
        send(scan(id, model, bytes));
        return id;
    }

    public ScanId sendBy(String model, byte[] bytes, Instant deadline) {
        ScanId id = ScanId.next();
        ProducerRecord<byte[], byte[]> scan = scan(id, model, bytes);
        scan.headers().add(ScanHeaders.DEADLINE, utf8(deadline.toString()));
        send(scan);
        return id;
    }

    /** Returns when everything that was sent is on the broker. */
    public void flush() {
        producer.flush();
        for (Future<RecordMetadata> record : underWay) {
            try {
                record.get();
            } catch (InterruptedException | ExecutionException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    /** Reads one topic from its beginning, committed records only. Caller closes. */
    public Reader read(String readTopic) {
        return new Reader(bootstrapServers, readTopic);
    }

    /** Collects the committed records of a topic. */
    public static final class Reader implements AutoCloseable {
        private final Consumer<byte[], byte[]> consumer;
        private final List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();

        private Reader(String bootstrapServers, String topic) {
            this.consumer = new KafkaConsumer<>(Map.of(
                    "bootstrap.servers",
                    bootstrapServers,
                    "key.deserializer",
                    ByteArrayDeserializer.class,
                    "value.deserializer",
                    ByteArrayDeserializer.class,
                    "isolation.level",
                    "read_committed"));
            List<TopicPartition> all = consumer.partitionsFor(topic).stream()
                    .map(info -> new TopicPartition(topic, info.partition()))
                    .toList();
            consumer.assign(all);
            consumer.seekToBeginning(all);
        }

        /** Everything so far; waits a little for more. */
        public List<ConsumerRecord<byte[], byte[]>> poll() {
            consumer.poll(Duration.ofMillis(200)).forEach(records::add);
            return records;
        }

        public List<ScoreEvent> scores() {
            return poll().stream()
                    .map(record -> Json.read(record.value(), ScoreEvent.class))
                    .toList();
        }

        @Override
        public void close() {
            consumer.close();
        }
    }

    public static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        producer.close(Duration.ofSeconds(5));
    }
}
