package io.scanstream.inference.deadletter;

import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.scoring.ScanHeaders;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;

/** A record as it is set aside: as it came, with the error and the place it came from in its headers. */
public final class DeadLetterRecord {
    private static final int LONGEST_REASON = 1000;

    /** What only dead letters carry. */
    static final List<String> ONLY_HERE = List.of(
            ScanHeaders.ERROR_CODE,
            ScanHeaders.ERROR_REASON,
            ScanHeaders.SOURCE_TOPIC,
            ScanHeaders.SOURCE_PARTITION,
            ScanHeaders.SOURCE_OFFSET);

    /**
     * The dead letter of a record.
     *
     * @param topic of the dead letters
     * @param attempts in which it failed now; those before a replay are added
     * @param value the record's own; null where that is too large to be kept
     */
    public static ProducerRecord<byte[], byte[]> of(
            String topic,
            ConsumerRecord<byte[], byte[]> source,
            ScanstreamException reason,
            int attempts,
            byte @Nullable [] value) {
        Headers headers = new RecordHeaders(source.headers().toArray());
        int before = attempts(headers);
        ONLY_HERE.forEach(headers::remove);
        headers.remove(ScanHeaders.ATTEMPTS);
        headers.remove(ScanHeaders.REPLAY);
        add(headers, ScanHeaders.SOURCE_TOPIC, source.topic());
        add(headers, ScanHeaders.SOURCE_PARTITION, Integer.toString(source.partition()));
        add(headers, ScanHeaders.SOURCE_OFFSET, Long.toString(source.offset()));
        addError(headers, reason, before + attempts);
        return new ProducerRecord<>(topic, null, source.key(), value, headers);
    }

    /** The dead letter of something that never was a record of the source topic, but can become one. */
    public static ProducerRecord<byte[], byte[]> of(
            String topic, String sourceTopic, byte[] key, byte[] value, ScanstreamException reason) {
        Headers headers = new RecordHeaders();
        add(headers, ScanHeaders.SOURCE_TOPIC, sourceTopic);
        addError(headers, reason, 1);
        return new ProducerRecord<>(topic, null, key, value, headers);
    }

    /** For people, in a header or an event. */
    public static String shortened(ScanstreamException reason) {
        String message = String.valueOf(reason.getMessage());
        return message.length() <= LONGEST_REASON ? message : message.substring(0, LONGEST_REASON) + "…";
    }

    /** How often a record was tried before, as its headers say; 0 if they do not. */
    static int attempts(Headers headers) {
        String attempts = text(headers, ScanHeaders.ATTEMPTS);
        return attempts == null || !attempts.matches("\\d{1,9}") ? 0 : Integer.parseInt(attempts);
    }

    /** A header's value, null if there is none. */
    static @Nullable String text(Headers headers, String name) {
        Header header = headers.lastHeader(name);
        return header == null || header.value() == null ? null : new String(header.value(), StandardCharsets.UTF_8);
    }

    static void add(Headers headers, String name, String value) {
        headers.add(name, value.getBytes(StandardCharsets.UTF_8));
    }

    private static void addError(Headers headers, ScanstreamException reason, int attempts) {
        add(headers, ScanHeaders.ERROR_CODE, reason.code().name());
        add(headers, ScanHeaders.ERROR_REASON, shortened(reason));
        add(headers, ScanHeaders.ATTEMPTS, Integer.toString(attempts));
    }

    private DeadLetterRecord() {}
}
