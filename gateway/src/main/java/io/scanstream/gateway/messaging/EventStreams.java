package io.scanstream.gateway.messaging;

import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import io.smallrye.mutiny.subscription.BackPressureStrategy;
import io.smallrye.mutiny.subscription.MultiEmitter;
import jakarta.ws.rs.sse.OutboundSseEvent;
import jakarta.ws.rs.sse.Sse;
import java.time.Duration;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Server-sent events (WHATWG HTML, section 9.2) from listeners. A stream opens with a comment, so that the client has its
 * headers at once, and has another every 15 seconds, so that a connection that died is noticed on both ends. A client that
 * is too slow to read is cut off.
 */
public final class EventStreams {
    private static final Duration PING = Duration.ofSeconds(15);
    private static final int MOST_WAITING = 20_000;

    /** Where a watcher puts its events; calls after {@code end} change nothing. */
    public interface Sink {
        /** One event with its name, its data as one line of JSON, and its id if a client may go on after it. */
        void event(String name, String json, @Nullable String id);

        void end();
    }

    /**
     * A stream of what a watcher tells.
     *
     * @param watcher called on a worker thread when the client listens; returns what ends the watch
     */
    public static Multi<OutboundSseEvent> stream(Sse sse, Function<Sink, Runnable> watcher) {
        OutboundSseEvent end = sse.newEventBuilder().comment("end").build();
        Multi<OutboundSseEvent> events = Multi.createFrom()
                .<OutboundSseEvent>emitter(
                        emitter -> {
                            Runnable stop = watcher.apply(new EmitterSink(sse, emitter, end));
                            emitter.onTermination(stop);
                        },
                        BackPressureStrategy.IGNORE)
                .onOverflow()
                .buffer(MOST_WAITING)
                .runSubscriptionOn(Infrastructure.getDefaultWorkerPool());
        OutboundSseEvent ping = sse.newEventBuilder().comment("ping").build();
        Multi<OutboundSseEvent> opening = Multi.createFrom().item(ping);
        Multi<OutboundSseEvent> pings =
                Multi.createFrom().ticks().every(PING).onOverflow().drop().map(tick -> ping);
        return Multi.createBy()
                .merging()
                .streams(opening, events, pings)
                .select()
                .first(event -> event != end);
    }

    private record EmitterSink(Sse sse, MultiEmitter<? super OutboundSseEvent> emitter, OutboundSseEvent last)
            implements Sink {
        @Override
        public void event(String name, String json, @Nullable String id) {
            OutboundSseEvent.Builder event = sse.newEventBuilder().name(name).data(String.class, json);
            if (id != null) {
                event.id(id);
            }
            emitter.emit(event.build());
        }

        @Override
        public void end() {
            emitter.emit(last);
            emitter.complete();
        }
    }

    private EventStreams() {}
}
