package io.scanstream.bench.fuzz;

import io.scanstream.contracts.Topics;
import io.scanstream.contracts.scoring.ScanHeaders;
import io.scanstream.contracts.scoring.ScanId;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

/** Records for the topics of scans, as nobody should send them. */
final class FuzzedRecords {
    private static final List<String> HEADERS = List.of(
            ScanHeaders.ID,
            ScanHeaders.MODEL,
            ScanHeaders.MODEL_VERSION,
            ScanHeaders.MODEL_ALIAS,
            ScanHeaders.DEADLINE,
            ScanHeaders.CONTENT_TYPE,
            ScanHeaders.TYPE,
            ScanHeaders.SOURCE,
            ScanHeaders.SUBJECT,
            ScanHeaders.TIME,
            ScanHeaders.ATTEMPTS,
            ScanHeaders.REPLAY,
            "traceparent",
            "x-scanstream-ward",
            "odd");
    private static final List<String> TICKET_KEYS = List.of(
            "http://169.254.169.254/latest/meta-data/",
            "http://127.0.0.1:1/",
            "file:///etc/passwd",
            "../../../../etc/passwd",
            "scans/../jobs/x/private/gallery.html",
            "scans/2026-11-20/0198c0de-0000-7000-8000-000000000000",
            "incoming/demo-cnn/" + Odd.MARK + ".png",
            "models/demo-cnn/1/model.onnx",
            "scans/\u0000",
            "");

    private final Odd odd;
    private final byte[] image;

    FuzzedRecords(long seed, byte[] image) {
        this.odd = new Odd(seed);
        this.image = image;
    }

    ProducerRecord<byte[], byte[]> next() {
        String topic = odd.oneIn(4) ? Topics.SCANS_URGENT : Topics.SCANS;
        byte[] id = utf8(ScanId.next().toString());
        boolean isTicket = odd.oneIn(4);
        ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(
                topic,
                odd.oneIn(10) ? odd.of(List.of(new byte[0], utf8(odd.text()))) : id,
                isTicket ? ticket() : value());
        if (!odd.oneIn(10)) {
            record.headers().add(ScanHeaders.ID, id);
        }
        if (!odd.oneIn(5)) {
            record.headers().add(ScanHeaders.MODEL, utf8("demo-cnn"));
        }
        if (isTicket) {
            record.headers().add(ScanHeaders.CONTENT_TYPE, utf8(ScanHeaders.CLAIM_TICKET));
        }
        for (int i = odd.below(4); i > 0; i--) {
            byte[] header = odd.oneIn(10) ? null : odd.oneIn(5) ? odd.bytes(200) : utf8(odd.text());
            record.headers().add(odd.of(HEADERS), header);
        }
        return record;
    }

    private byte @Nullable [] value() {
        return switch (odd.below(8)) {
            case 0 -> null;
            case 1 -> new byte[0];
            case 2 -> odd.bytes(2000);
            case 3 -> image;
            default -> odd.broken(image);
        };
    }

    private byte[] ticket() {
        if (odd.oneIn(4)) {
            return odd.json(List.of("key", "sizeBytes", "sha256", "etag", "bucket"));
        }
        String size = odd.of(List.of("0", "1", "1000", "-1", "9223372036854775807", "1e9", "\"1\""));
        String more = odd.of(List.of(
                ",\"sha256\":\"" + "0".repeat(64) + "\"",
                ",\"etag\":\"x\",\"bucket\":\"scanstream\"",
                ",\"etag\":\"x\",\"bucket\":\"../other\"",
                ",\"etag\":\"x\\r\\nX-Injected: 1\"",
                ""));
        String key = odd.oneIn(4) ? "scans/x" : odd.of(TICKET_KEYS);
        return utf8("{\"key\":\"" + key.replace("\u0000", "\\u0000") + "\",\"sizeBytes\":" + size + more + "}");
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
