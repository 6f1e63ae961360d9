package io.scanstream.inference.arrivals;

import com.fasterxml.jackson.databind.JsonNode;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.storage.ObjectStore;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The S3 event notification, as AWS defines it ("Event message structure", versions 2.x) and as MinIO's Kafka target and
 * other servers write it, with {@code s3:} before the event's name. Keys are encoded as in HTML forms: '+' is a space.
 */
final class S3Notification {
    private static final String PREFIX = "s3:";
    private static final String CREATED = "ObjectCreated:";

    /** MinIO's, of objects that are there already: only what is said of them has changed. */
    private static final Set<String> NOT_THE_OBJECT = Set.of(
            "ObjectCreated:PutTagging",
            "ObjectCreated:DeleteTagging",
            "ObjectCreated:PutRetention",
            "ObjectCreated:PutLegalHold");

    /** An object that was put. */
    record Put(String bucket, String key) {}

    /**
     * The objects that a notification says were put: none for a test event, and for what was removed, read or tagged.
     *
     * @throws ScanstreamException {@code INVALID_REQUEST} for anything that is not such a notification
     */
    static List<Put> read(byte @Nullable [] value) {
        if (value == null) {
            throw invalid("the record has no value", null);
        }
        JsonNode message = Json.read(value, JsonNode.class);
        if (isTest(message.path("Event").asText())
                || isTest(message.path("EventName").asText())) {
            return List.of();
        }
        JsonNode records = message.path("Records");
        if (!records.isArray()) {
            throw invalid("there is no array 'Records'", null);
        }
        List<Put> puts = new ArrayList<>();
        for (JsonNode record : records) {
            String event = withoutPrefix(text(record, "eventName"));
            if (event.startsWith(CREATED) && !NOT_THE_OBJECT.contains(event)) {
                puts.add(new Put(text(record, "s3", "bucket", "name"), decoded(text(record, "s3", "object", "key"))));
            }
        }
        return puts;
    }

    /** A notification of an object that was found without one. */
    static byte[] of(String bucket, ObjectStore.Listed object) {
        return Json.bytes(Map.of(
                "Records",
                List.of(Map.of(
                        "eventVersion",
                        "2.1",
                        "eventSource",
                        "scanstream:reconciler",
                        "eventTime",
                        object.lastModified(),
                        "eventName",
                        CREATED + "Found",
                        "s3",
                        Map.of(
                                "s3SchemaVersion",
                                "1.0",
                                "bucket",
                                Map.of("name", bucket),
                                "object",
                                Map.of(
                                        "key",
                                        URLEncoder.encode(object.key(), StandardCharsets.UTF_8),
                                        "size",
                                        object.sizeBytes(),
                                        "eTag",
                                        object.etag()))))));
    }

    private static boolean isTest(String event) {
        return withoutPrefix(event).equals("TestEvent");
    }

    private static String withoutPrefix(String event) {
        return event.startsWith(PREFIX) ? event.substring(PREFIX.length()) : event;
    }

    private static String text(JsonNode record, String... path) {
        JsonNode node = record;
        for (String name : path) {
            node = node.path(name);
        }
        if (!node.isTextual() || node.asText().isEmpty()) {
            throw invalid("a record has no '" + String.join(".", path) + "'", null);
        }
        return node.asText();
    }

    private static String decoded(String key) {
        try {
            return URLDecoder.decode(key, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw invalid("the key '" + key + "' is not URL-encoded", e);
        }
    }

    private static ScanstreamException invalid(String what, @Nullable Throwable cause) {
        return new ScanstreamException(
                ErrorCode.INVALID_REQUEST,
                "not an S3 event notification: " + what + ". Have the store send its notifications in its own format.",
                cause);
    }

    private S3Notification() {}
}
