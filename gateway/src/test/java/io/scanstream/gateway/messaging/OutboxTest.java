package io.scanstream.gateway.messaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.opentelemetry.context.Context;
import io.opentelemetry.context.ContextKey;
import io.opentelemetry.context.Scope;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.gateway.testing.RecordedTopic;
import io.smallrye.mutiny.Uni;
import io.smallrye.reactive.messaging.TracingMetadata;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.eclipse.microprofile.reactive.messaging.Message;
import org.junit.jupiter.api.Test;

class OutboxTest {
    private final RecordedTopic topic = new RecordedTopic();

    @Test
    void writesKeyValueAndHeaders() {
        Outbox.await(topic.outbox().send("k", new byte[] {'v'}, Map.of("h", "ü")));

        assertThat(topic.written()).containsExactly(new RecordedTopic.Written("k", "v", Map.of("h", "ü")));
    }

    @Test
    void aRecordCarriesTheContextOfTheRequestThatItIsWrittenFor() {
        Context request = Context.root().with(ContextKey.named("request"), "7");
        AtomicReference<Message<byte[]>> written = new AtomicReference<>();
        Outbox outbox = new Outbox(
                "test",
                message -> {
                    written.set(message);
                    return Uni.createFrom().voidItem();
                },
                Duration.ofSeconds(1));

        try (Scope scope = request.makeCurrent()) {
            assertThat(scope).isNotNull();
            Outbox.await(outbox.send("k", new byte[0], Map.of()));
        }

        assertThat(TracingMetadata.fromMessage(written.get()).map(TracingMetadata::getCurrentContext))
                .contains(request);
    }

    @Test
    void saysWhatKafkaDoesNotSay() {
        assertFailure(ErrorCode.BROKER_UNAVAILABLE, new TimeoutException("expired"));
        assertFailure(
                ErrorCode.BROKER_UNAVAILABLE,
                new IllegalStateException("Retries exhausted", new TimeoutException("expired")));
        assertFailure(ErrorCode.TOO_LARGE, new RecordTooLargeException());
        assertFailure(ErrorCode.OVERLOADED, new IllegalStateException("SRMSG00034: Insufficient downstream requests"));
    }

    @Test
    void doesNotWaitForEverForAnAcknowledgement() {
        Outbox silent = new Outbox("test", message -> Uni.createFrom().nothing(), Duration.ofMillis(10));

        CompletableFuture<Void> sent = silent.send("k", new byte[0], Map.of());

        assertCode(ErrorCode.BROKER_UNAVAILABLE, () -> Outbox.await(sent));
    }

    @Test
    void turnsAnEmitterThatThrowsIntoAFailedResult() {
        Outbox broken = new Outbox(
                "test",
                message -> {
                    throw new IllegalStateException("terminated");
                },
                Duration.ofSeconds(1));

        assertCode(ErrorCode.BROKER_UNAVAILABLE, () -> Outbox.await(broken.send("k", new byte[0], Map.of())));
    }

    @Test
    void aNudgeThatIsNotWrittenIsNoFailure() {
        topic.failWith(new TimeoutException("expired"));

        topic.outbox().nudge("k", Map.of());

        assertThat(topic.written()).isEmpty();
    }

    private void assertFailure(ErrorCode code, Throwable e) {
        topic.failWith(e);
        assertCode(code, () -> Outbox.await(topic.outbox().send("k", new byte[0], Map.of())));
    }

    private static void assertCode(ErrorCode code, Runnable call) {
        assertThatThrownBy(call::run).isInstanceOfSatisfying(ScanstreamException.class, e -> assertThat(e.code())
                .isEqualTo(code));
    }
}
