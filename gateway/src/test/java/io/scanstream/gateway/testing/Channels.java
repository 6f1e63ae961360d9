package io.scanstream.gateway.testing;

import io.scanstream.contracts.Json;
import io.smallrye.reactive.messaging.kafka.api.OutgoingKafkaRecordMetadata;
import io.smallrye.reactive.messaging.memory.InMemoryConnector;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.kafka.common.header.Header;
import org.eclipse.microprofile.reactive.messaging.Message;

/** Kafka's side of the gateway's channels. */
public final class Channels {
    private final InMemoryConnector connector;

    public Channels(InMemoryConnector connector) {
        this.connector = connector;
    }

    /** Everything that was written for a key. */
    public Stream<Message<byte[]>> written(String channel, String key) {
        return connector.<byte[]>sink(channel).received().stream()
                .map(message -> (Message<byte[]>) message)
                .filter(message -> metadata(message).getKey().equals(key));
    }

    public String onlyText(String channel, String key) {
        return new String(only(channel, key).getPayload(), StandardCharsets.UTF_8);
    }

    public Message<byte[]> only(String channel, String key) {
        var messages = written(channel, key).toList();
        if (messages.size() != 1) {
            throw new AssertionError(messages.size() + " records on " + channel + " for " + key);
        }
        return messages.get(0);
    }

    public static Optional<String> header(Message<byte[]> message, String name) {
        Header header = metadata(message).getHeaders().lastHeader(name);
        return Optional.ofNullable(header).map(found -> new String(found.value(), StandardCharsets.UTF_8));
    }

    public void tell(String channel, Object event) {
        connector.<byte[]>source(channel).send(Json.bytes(event));
    }

    public void tellRaw(String channel, byte[] bytes) {
        connector.<byte[]>source(channel).send(bytes);
    }

    private static OutgoingKafkaRecordMetadata<?> metadata(Message<?> message) {
        return message.getMetadata(OutgoingKafkaRecordMetadata.class).orElseThrow();
    }
}
