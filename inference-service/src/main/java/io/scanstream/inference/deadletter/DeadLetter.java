package io.scanstream.inference.deadletter;

import com.fasterxml.jackson.annotation.JsonIgnore;
import io.scanstream.contracts.scoring.ScanHeaders;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/**
 * One dead letter, as it is listed.
 *
 * @param time when it was set aside
 * @param key of the record: the scan's id, the job's id, or bucket/key
 * @param scanId as the record says; absent on topics that hold no scans
 * @param model that was asked for
 * @param source what the scan is to whoever sent it
 * @param code of the error
 * @param reason for people
 * @param attempts how often it was tried in all
 * @param sizeBytes of the value
 * @param sourceTopic where it came from; absent on records of versions that did not say so
 * @param replayed whether it was sent back
 * @param record as it lies in the topic
 */
public record DeadLetter(
        String topic,
        int partition,
        long offset,
        Instant time,
        @Nullable String key,
        @Nullable String scanId,
        @Nullable String model,
        @Nullable String source,
        @Nullable String code,
        @Nullable String reason,
        int attempts,
        int sizeBytes,
        @Nullable String sourceTopic,
        boolean replayed,
        @JsonIgnore ConsumerRecord<byte[], byte[]> record) {
    static DeadLetter of(ConsumerRecord<byte[], byte[]> record, boolean replayed) {
        Headers headers = record.headers();
        return new DeadLetter(
                record.topic(),
                record.partition(),
                record.offset(),
                Instant.ofEpochMilli(record.timestamp()),
                record.key() == null ? null : new String(record.key(), StandardCharsets.UTF_8),
                DeadLetterRecord.text(headers, ScanHeaders.ID),
                DeadLetterRecord.text(headers, ScanHeaders.MODEL),
                DeadLetterRecord.text(headers, ScanHeaders.SUBJECT),
                DeadLetterRecord.text(headers, ScanHeaders.ERROR_CODE),
                DeadLetterRecord.text(headers, ScanHeaders.ERROR_REASON),
                DeadLetterRecord.attempts(headers),
                record.value() == null ? 0 : record.value().length,
                DeadLetterRecord.text(headers, ScanHeaders.SOURCE_TOPIC),
                replayed,
                record);
    }

    /** Where it lies, for people and for receipts: {@code partition@offset}. */
    String place() {
        return partition + "@" + offset;
    }
}
