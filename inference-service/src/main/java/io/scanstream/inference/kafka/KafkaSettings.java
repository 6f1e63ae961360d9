package io.scanstream.inference.kafka;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * How the edge works with Kafka.
 *
 * @param client what every client needs to connect, under Kafka's own names; {@code bootstrap.servers} at least
 * @param instance this process; never the same for two, and never again after a restart
 * @param scansInHand most scans of a topic that are read and not committed
 * @param bytesInHand about as many bytes of them; and as many again that the consumer holds ahead
 * @param linger how long a score waits for others to be committed with it, with all places taken; the fewer the shorter
 * @param transactionTimeout after which the broker aborts a transaction whose owner is gone
 * @param drain how long the batch in hand may take to finish on shutdown
 * @param repeatWindow how many scored ids are remembered for each partition
 * @param protocol shared by all consumers of the process
 */
public record KafkaSettings(
        Map<String, Object> client,
        String instance,
        int scansInHand,
        int bytesInHand,
        Duration linger,
        Duration transactionTimeout,
        Duration drain,
        int repeatWindow,
        GroupProtocol protocol) {
    /** With the rebalance protocol that the client's settings name, or the broker has. */
    public KafkaSettings(
            Map<String, Object> client,
            String instance,
            int scansInHand,
            int bytesInHand,
            Duration linger,
            Duration transactionTimeout,
            Duration drain,
            int repeatWindow) {
        this(
                client,
                instance,
                scansInHand,
                bytesInHand,
                linger,
                transactionTimeout,
                drain,
                repeatWindow,
                new GroupProtocol(client.get(ConsumerConfig.GROUP_PROTOCOL_CONFIG)));
    }

    public KafkaSettings {
        client = Map.copyOf(client);
        if (!client.containsKey(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG)) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST, "kafka.bootstrap.servers is not set. Name host:port of a broker.");
        }
        if (scansInHand < 1 || bytesInHand < 1 || repeatWindow < 1 || linger.isNegative()) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST,
                    "scanstream.inference: scansInHand " + scansInHand + ", bytesInHand " + bytesInHand
                            + " or repeatWindow " + repeatWindow + " is below 1, or linger " + linger
                            + " below 0.");
        }
    }

    /** Most records of one poll: few enough that a poll need not wait until everything in hand is committed. */
    int pollRecords() {
        return Math.max(1, scansInHand / 4);
    }

    /** For people. */
    public String bootstrapServers() {
        return String.valueOf(client.get(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG));
    }

    /** Bytes in and out, committed records only, nothing committed behind our back. */
    Map<String, Object> consumer() {
        Map<String, Object> properties = new HashMap<>(client);
        properties.remove(ConsumerConfig.GROUP_ID_CONFIG);
        properties.remove(ConsumerConfig.GROUP_PROTOCOL_CONFIG);
        properties.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
        properties.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
        properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        properties.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, bytesInHand);
        properties.put(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, Math.max(1, bytesInHand / 4));
        properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        return properties;
    }

    /**
     * A member of a consumer group. Where it fails with {@code UnsupportedVersionException}, {@link #fallsBack} says whether
     * it is worth to open another one.
     */
    public Map<String, Object> member(String group) {
        Map<String, Object> properties = consumer();
        properties.put(ConsumerConfig.GROUP_ID_CONFIG, group);
        protocol.set(properties);
        properties.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, pollRecords());
        return properties;
    }

    /** Whether the next {@link #member} is another than this one, which the broker could not take in. */
    public boolean fallsBack(Map<String, Object> member) {
        return protocol.fallBack(member);
    }

    /** Bytes in and out, each record once on its partition. */
    public Map<String, Object> producer() {
        Map<String, Object> properties = new HashMap<>(client);
        properties.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
        properties.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
        properties.put(ProducerConfig.ACKS_CONFIG, "all");
        properties.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
        properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, 15_000);
        // A dead letter carries its scan; the broker's own limit on records still holds.
        properties.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, 16 << 20);
        return properties;
    }

    Map<String, Object> transactionalProducer(String transactionalId) {
        Map<String, Object> properties = producer();
        int timeoutMs = Math.toIntExact(transactionTimeout.toMillis());
        properties.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, transactionalId);
        properties.put(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, timeoutMs);
        // What was not delivered by then is aborted anyway.
        properties.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, timeoutMs);
        properties.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, Math.max(1, timeoutMs / 2));
        properties.put(ProducerConfig.LINGER_MS_CONFIG, 0);
        // The coordinator refuses a transaction while it ends the one before, for milliseconds; Kafka's own pause is
        // 100.
        properties.put(ProducerConfig.RETRY_BACKOFF_MS_CONFIG, 5);
        return properties;
    }
}
