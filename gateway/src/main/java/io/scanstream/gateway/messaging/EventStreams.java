package io.scanstream.gateway.messaging;

import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import io.smallrye.mutiny.subscription.BackPressureStrategy;
import io.smallrye.mutiny.subscription.MultiEmitter;
import jakarta.ws.rs.sse.OutboundSseEvent;
import jakarta.ws.rs.sse.Sse;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Server-sent events (WHATWG HTML, section 9.2) from listeners. A stream opens with a comment, so that the client has its
 * headers at once, and has another every 15 seconds, so that a connection that died is noticed on both ends. A client that
 * is too slow to read is cut off: after four comments that it did not ask for, or when more events wait than the stream has
 * room for.
 */
public final class EventStreams {
    private static final Duration PING = Duration.ofSeconds(15);
    private static final int MOST_PINGS_MISSED = 4;

    /** Where a watcher puts its events; calls after {@code end} change nothing. */
    public interface Sink {
        /** One event with its name, its data as one line of JSON, and its id if a client may go on after it. */
        void event(String name, String json, @Nullable String id);

        void end();
    }

    /**
     * A stream of what a watcher tells.
     *
     * @param room how many events may wait for the client; they are kept in memory
     * @param watcher called on a worker thread when the client listens; returns what ends the watch
     */
    public static Multi<OutboundSseEvent> stream(Sse sse, int room, Function<Sink, Runnable> watcher) {
        return stream(sse, room, watcher, PING);
    }

    static Multi<OutboundSseEvent> stream(Sse sse, int room, Function<Sink, Runnable> watcher, Duration ping) {
        OutboundSseEvent end = sse.newEventBuilder().comment("end").build();
        Multi<OutboundSseEvent> events = Multi.createFrom()
                .<OutboundSseEvent>emitter(
                        emitter -> {
                            Watch watch = new Watch();
                            emitter.onTermination(watch::end);
                            // runSubscriptionOn would not hear of a client that goes before the worker begins,
                            // and what is watched would be kept for it until memory is full.
                            Infrastructure.getDefaultWorkerPool()
                                    .execute(() -> watch.begin(watcher, new EmitterSink(sse, emitter, end)));
                        },
                        BackPressureStrategy.IGNORE)
                .onOverflow()
                .buffer(room);
        Multi<OutboundSseEvent> opening = Multi.createFrom().item(comment(sse));
        return Multi.createBy()
                .merging()
                // One ahead of the client: else 128 comments would pass for asked for.
                .withRequests(1)
                .streams(opening, events, pings(sse, ping))
                .select()
                .first(event -> event != end)
                .onFailure(ClientGone.class)
                .recoverWithCompletion();
    }

    /** Comments at even intervals; fails when the client has not asked for some in a row. */
    private static Multi<OutboundSseEvent> pings(Sse sse, Duration every) {
        AtomicInteger missed = new AtomicInteger();
        return Multi.createFrom()
                .ticks()
                .every(every)
                .onOverflow()
                .invoke(tick -> {
                    if (missed.incrementAndGet() == MOST_PINGS_MISSED) {
                        throw new ClientGone();
                    }
                })
                .drop()
                .map(tick -> {
                    missed.set(0);
                    return comment(sse);
                });
    }

    private static OutboundSseEvent comment(Sse sse) {
        return sse.newEventBuilder().comment("ping").build();
    }

    /** Nobody reads a stream any more. */
    private static final class ClientGone extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    /** Begins on a worker and ends with the stream, whichever comes first. */
    private static final class Watch {
        private @Nullable Runnable stop;
        private boolean ended;

        void begin(Function<Sink, Runnable> watcher, EmitterSink sink) {
            synchronized (this) {
                if (ended) {
                    return;
                }
            }
            Runnable begun;
            try {
                begun = watcher.apply(sink);
            } catch (RuntimeException e) {
                sink.emitter().fail(e);
                return;
            }
            synchronized (this) {
                if (!ended) {
                    stop = begun;
                    return;
                }
            }
            begun.run();
        }

        void end() {
            Runnable begun;
            synchronized (this) {
                ended = true;
                begun = stop;
                stop = null;
            }
            if (begun != null) {
                begun.run();
            }
        }
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
