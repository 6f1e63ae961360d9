package io.scanstream.gateway.messaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.smallrye.mutiny.helpers.test.AssertSubscriber;
import jakarta.ws.rs.sse.OutboundSseEvent;
import jakarta.ws.rs.sse.Sse;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jboss.resteasy.reactive.server.jaxrs.SseImpl;
import org.junit.jupiter.api.Test;

class EventStreamsTest {
    private static final Sse SSE = new SseImpl();
    private static final Duration PING = Duration.ofMillis(200);
    /** Room for many more comments than a client may miss, and for fewer than the 128 that Mutiny asks for by itself. */
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private static final int ROOM = 5;

    private final AtomicReference<EventStreams.Sink> sink = new AtomicReference<>();
    private final AtomicBoolean stopped = new AtomicBoolean();

    @Test
    void aClientThatReadsGetsCommentsAndEventsUntilTheEnd() {
        AssertSubscriber<OutboundSseEvent> client = subscribe(Long.MAX_VALUE);
        client.awaitItems(10, PATIENCE);
        assertThat(client.getItems()).allMatch(event -> "ping".equals(event.getComment()));
        assertThat(stopped)
                .as("after more comments than a deaf client may miss")
                .isFalse();

        watching().event("Scored", "{}", "7");
        watching().end();

        client.awaitCompletion(PATIENCE);
        assertThat(client.getItems())
                .filteredOn(event -> event.getComment() == null)
                .singleElement()
                .satisfies(event -> {
                    assertThat(event.getName()).isEqualTo("Scored");
                    assertThat(event.getId()).isEqualTo("7");
                });
        await().atMost(PATIENCE).untilTrue(stopped);
    }

    @Test
    void aClientThatAsksForNothingMoreIsCutOffAndItsWatchEnds() {
        AssertSubscriber<OutboundSseEvent> client = subscribe(1);
        watching().event("Scored", "{}", null);

        client.awaitCompletion(PATIENCE);

        await().atMost(PATIENCE).untilTrue(stopped);
        assertThat(client.getItems()).hasSize(1);
    }

    @Test
    void aClientForWhomTooManyEventsWaitIsCutOff() {
        AssertSubscriber<OutboundSseEvent> client = subscribe(1);
        EventStreams.Sink events = watching();

        for (int i = 0; i < 10 * ROOM; i++) {
            events.event("Scored", "{}", null);
        }

        client.awaitFailure(PATIENCE);
        await().atMost(PATIENCE).untilTrue(stopped);
    }

    @Test
    void aClientThatIsGoneBeforeTheWatchBeganLeavesNoneBehind() {
        AtomicInteger begun = new AtomicInteger();
        AtomicInteger ended = new AtomicInteger();
        for (int i = 0; i < 500; i++) {
            AtomicBoolean watched = new AtomicBoolean();
            AssertSubscriber<OutboundSseEvent> client = EventStreams.stream(
                            SSE,
                            ROOM,
                            any -> {
                                watched.set(true);
                                begun.incrementAndGet();
                                return ended::incrementAndGet;
                            },
                            PING)
                    .subscribe()
                    .withSubscriber(AssertSubscriber.create(1));
            // At once, or while a worker begins, or after it has.
            if (i % 50 == 0) {
                await().atMost(PATIENCE).untilTrue(watched);
            }
            client.cancel();
        }

        await().atMost(PATIENCE).untilAsserted(() -> assertThat(ended).hasValue(begun.get()));
    }

    private AssertSubscriber<OutboundSseEvent> subscribe(long demand) {
        return EventStreams.stream(
                        SSE,
                        ROOM,
                        watched -> {
                            sink.set(watched);
                            return () -> stopped.set(true);
                        },
                        PING)
                .subscribe()
                .withSubscriber(AssertSubscriber.create(demand));
    }

    private EventStreams.Sink watching() {
        return await().atMost(PATIENCE).until(sink::get, watched -> watched != null);
    }
}
