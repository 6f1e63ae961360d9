package io.scanstream.gateway.testing;

import io.scanstream.gateway.messaging.Outbox;
import io.smallrye.mutiny.Uni;
import io.smallrye.reactive.messaging.kafka.api.OutgoingKafkaRecordMetadata;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.kafka.common.header.Header;
import org.eclipse.microprofile.reactive.messaging.Message;

/** A topic in memory, which fails instead while it is told to. */
public final class RecordedTopic {
    /** What was written. */
    public record Written(String key, String value, Map<String, String> headers) {}

    private final List<Written> written = new CopyOnWriteArrayList<>();
    private volatile Throwable failure;

    public Outbox outbox() {
        return new Outbox("test", this::write, Duration.ofSeconds(5));
    }

    public void failWith(Throwable e) {
        failure = e;
    }

    public List<Written> written() {
        return written;
    }

    private Uni<Void> write(Message<byte[]> message) {
        if (failure != null) {
            return Uni.createFrom().failure(failure);
        }
        OutgoingKafkaRecordMetadata<?> metadata =
                message.getMetadata(OutgoingKafkaRecordMetadata.class).orElseThrow();
        Map<String, String> headers = new LinkedHashMap<>();
        for (Header header : metadata.getHeaders()) {
            headers.put(header.key(), new String(header.value(), StandardCharsets.UTF_8));
        }
        written.add(new Written(
                (String) metadata.getKey(), new String(message.getPayload(), StandardCharsets.UTF_8), headers));
        return Uni.createFrom().voidItem();
    }
}
