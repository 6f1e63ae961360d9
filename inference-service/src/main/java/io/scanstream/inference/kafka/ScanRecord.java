package io.scanstream.inference.kafka;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.scoring.ClaimTicket;
import io.scanstream.contracts.scoring.ScanHeaders;
import io.scanstream.contracts.scoring.ScanId;
import io.scanstream.inference.model.ModelRef;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/**
 * A record of {@code scans} as its headers say; what it says wrongly is kept as its mistake.
 *
 * @param id absent if neither key nor header is one
 * @param model as the record names it, or empty
 * @param ref absent with a mistake
 * @param isChosen whether the record itself names its version or alias; else the model's traffic decides
 * @param ticket absent where the value is the image itself
 * @param mistake {@code INVALID_REQUEST}: what the record lacks
 * @param takenAt when it was read
 * @param stages that it has come to since
 */
record ScanRecord(
        ConsumerRecord<byte[], byte[]> source,
        @Nullable ScanId id,
        String model,
        @Nullable ModelRef ref,
        boolean isChosen,
        @Nullable Instant deadline,
        @Nullable ClaimTicket ticket,
        @Nullable ScanstreamException mistake,
        Instant takenAt,
        Stages stages) {
    private static final int LONGEST = 4000;

    static ScanRecord of(ConsumerRecord<byte[], byte[]> source) {
        ScanId id = null;
        String model = header(source, ScanHeaders.MODEL);
        Instant takenAt = Instant.now();
        String shown = model == null ? "" : shortened(model);
        try {
            id = id(source);
            if (model == null) {
                throw invalid("header " + ScanHeaders.MODEL + " is missing. Name the model that must score.");
            }
            String version = header(source, ScanHeaders.MODEL_VERSION);
            String alias = header(source, ScanHeaders.MODEL_ALIAS);
            ModelRef ref = ModelRef.of(model, version, alias);
            boolean isChosen = version != null || alias != null;
            return new ScanRecord(
                    source, id, shown, ref, isChosen, deadline(source), ticket(source), null, takenAt, new Stages());
        } catch (ScanstreamException e) {
            return new ScanRecord(source, id, shown, null, false, null, null, e, takenAt, new Stages());
        }
    }

    /** Whether its deadline has passed. */
    boolean isLate() {
        return deadline != null && Instant.now().isAfter(deadline);
    }

    /** What tells this attempt at the scan from every other; absent without an id. */
    @Nullable
    ScanId attempt() {
        return id == null ? null : Attempt.of(id, source.headers());
    }

    /** What the bytes are to whoever sent them, if the record says so. */
    @Nullable
    String subject() {
        String subject = header(source, ScanHeaders.SUBJECT);
        return subject == null ? null : shortened(subject);
    }

    /** A header's text; null where the record has none of the name. */
    @Nullable
    String header(String name) {
        return header(source, name);
    }

    TopicPartition partition() {
        return new TopicPartition(source.topic(), source.partition());
    }

    /** Of the value. */
    int sizeBytes() {
        return Math.max(0, source.serializedValueSize());
    }

    /** The value; empty where there is none. */
    byte[] bytes() {
        return source.value() == null ? new byte[0] : source.value();
    }

    /** Where the record lies, for logs. */
    String place() {
        return partition() + "@" + source.offset();
    }

    private static ScanId id(ConsumerRecord<byte[], byte[]> source) {
        if (source.key() != null) {
            return ScanId.of(new String(source.key(), StandardCharsets.UTF_8));
        }
        String id = header(source, ScanHeaders.ID);
        if (id == null) {
            throw invalid("the record has neither a key nor the header " + ScanHeaders.ID + ". Send the scan id.");
        }
        return ScanId.of(id);
    }

    private static @Nullable Instant deadline(ConsumerRecord<byte[], byte[]> source) {
        String deadline = header(source, ScanHeaders.DEADLINE);
        if (deadline == null) {
            return null;
        }
        try {
            return OffsetDateTime.parse(deadline).toInstant();
        } catch (DateTimeParseException e) {
            throw invalid("header " + ScanHeaders.DEADLINE + ": '" + deadline + "' is not an RFC 3339 time.");
        }
    }

    private static @Nullable ClaimTicket ticket(ConsumerRecord<byte[], byte[]> source) {
        if (!ScanHeaders.CLAIM_TICKET.equals(header(source, ScanHeaders.CONTENT_TYPE)) || source.value() == null) {
            return null;
        }
        ClaimTicket ticket = Json.read(source.value(), ClaimTicket.class);
        if (ticket.key() == null
                || (ticket.sha256() == null) == (ticket.etag() == null)
                || (ticket.etag() != null && ticket.bucket() == null)
                || ticket.sizeBytes() < 0) {
            throw invalid("claim ticket: expected key, sizeBytes, and either sha256 or etag and bucket.");
        }
        return ticket;
    }

    /** What goes into a score's JSON, where a hostile header could become too large for a record. */
    private static String shortened(String text) {
        return text.length() <= LONGEST ? text : text.substring(0, LONGEST) + "…";
    }

    private static @Nullable String header(ConsumerRecord<byte[], byte[]> source, String name) {
        Header header = source.headers().lastHeader(name);
        return header == null || header.value() == null ? null : new String(header.value(), StandardCharsets.UTF_8);
    }

    private static ScanstreamException invalid(String what) {
        return new ScanstreamException(ErrorCode.INVALID_REQUEST, what);
    }
}
