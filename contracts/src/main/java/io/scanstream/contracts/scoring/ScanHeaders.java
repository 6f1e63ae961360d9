package io.scanstream.contracts.scoring;

/**
 * The headers of a record on {@code scans}: CloudEvents 1.0, Kafka binding, binary mode. The record's key is the scan id
 * and its value the image bytes, or, with the content type {@link #CLAIM_TICKET}, a {@link ClaimTicket} in JSON. All
 * values are UTF-8 text. Headers of the sender's own, that a model's traffic may look at: {@link RoutingHeaders}.
 */
public final class ScanHeaders {
    /** The scan id, as in the key. */
    public static final String ID = "ce_id";

    public static final String SPEC_VERSION = "ce_specversion";

    /** Always {@link #TYPE_ARRIVED}. */
    public static final String TYPE = "ce_type";

    public static final String SOURCE = "ce_source";

    /** What the scan's bytes are to whoever sent them, such as {@code s3://bucket/key}; the score repeats it. Absent: nothing. */
    public static final String SUBJECT = "ce_subject";

    /** When the scan was taken in, RFC 3339. */
    public static final String TIME = "ce_time";

    /** The model's name; required. */
    public static final String MODEL = "ce_model";

    /** The version that must score; absent: the alias decides. */
    public static final String MODEL_VERSION = "ce_modelversion";

    /** The alias that chooses the version; absent: {@code champion}. */
    public static final String MODEL_ALIAS = "ce_modelalias";

    /** RFC 3339; a scan that is taken up later is rejected as expired. Absent: never. */
    public static final String DEADLINE = "ce_deadline";

    public static final String CONTENT_TYPE = "content-type";

    /** The content type of a value that is a {@link ClaimTicket} and not the image itself. */
    public static final String CLAIM_TICKET = "application/vnd.scanstream.claim+json";

    public static final String TYPE_ARRIVED = "io.scanstream.scan.arrived";

    /** The alias that is meant when none is named. */
    public static final String CHAMPION = "champion";

    /** On dead-letter records: an {@link io.scanstream.contracts.ErrorCode}. */
    public static final String ERROR_CODE = "scanstream_error_code";

    /** On dead-letter records: the reason, for people. */
    public static final String ERROR_REASON = "scanstream_error_reason";

    /** On dead-letter records: how often it was tried. On replayed records: how often it had been before. */
    public static final String ATTEMPTS = "scanstream_attempts";

    /** On dead-letter records: the topic that the record came from. */
    public static final String SOURCE_TOPIC = "scanstream_source_topic";

    /** On dead-letter records: the record's partition there. */
    public static final String SOURCE_PARTITION = "scanstream_source_partition";

    /** On dead-letter records: the record's offset there. */
    public static final String SOURCE_OFFSET = "scanstream_source_offset";

    /**
     * On records that were replayed from a dead letter, and on their scores: how often the scan had been tried when it was
     * replayed. A scan is scored once for each value, and once without.
     */
    public static final String REPLAY = "scanstream_replay";

    /**
     * On dead-letter topics, on records without a value: {@code partition@offset} of the dead letter of the same topic that
     * was replayed. Written in the transaction that sends the replayed record.
     */
    public static final String REPLAYED = "scanstream_replayed";

    private ScanHeaders() {}
}
