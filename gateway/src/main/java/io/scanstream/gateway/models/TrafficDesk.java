package io.scanstream.gateway.models;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.api.ModelOverview;
import io.scanstream.contracts.api.TrafficChange;
import io.scanstream.contracts.api.TrafficRequest;
import io.scanstream.contracts.model.ModelEvent;
import io.scanstream.contracts.model.TrafficState;
import io.scanstream.contracts.recipe.Problem;
import io.scanstream.gateway.messaging.Outbox;
import io.scanstream.gateway.problems.RequestRefused;
import io.scanstream.gateway.requests.Actor;
import io.scanstream.storage.Journal;
import io.scanstream.storage.Traffic;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Changes how a model's scans are split: an entry in the model's journal, then an event that hurries those who score. */
public final class TrafficDesk {
    private final ModelRegistry registry;
    private final Traffic traffic;
    private final Outbox events;

    /**
     * Splits traffic.
     *
     * @param events writes to {@code model.events}
     */
    public TrafficDesk(ModelRegistry registry, Traffic traffic, Outbox events) {
        this.registry = registry;
        this.traffic = traffic;
        this.events = events;
    }

    /**
     * How a model's scans are split now.
     *
     * @throws ScanstreamException {@code UNKNOWN_MODEL}; {@code UNKNOWN_TRAFFIC} if they are not
     */
    TrafficChange get(String name) {
        registry.require(name);
        return change(
                name, traffic.journal(name).head().filter(TrafficDesk::holds).orElseThrow(() -> none(name)));
    }

    /**
     * Splits a model's scans in another way.
     *
     * @throws ScanstreamException {@code UNKNOWN_MODEL}, {@code INVALID_REQUEST} with every mistake
     */
    TrafficChange put(String name, TrafficRequest request) {
        registry.require(name);
        // Read anew: an alias may have been given a meaning by another gateway a moment ago.
        ModelOverview model = registry.refresh(name).orElseGet(() -> registry.require(name));
        List<Problem> mistakes = TrafficCheck.mistakes(request, model.aliases().keySet());
        if (!mistakes.isEmpty()) {
            throw new RequestRefused(mistakes);
        }
        return append(name, head -> Optional.of(TrafficCheck.state(request, Instant.now())));
    }

    /**
     * Lets the champion answer all scans again, unshadowed.
     *
     * @throws ScanstreamException {@code UNKNOWN_MODEL}, {@code INVALID_REQUEST}; {@code UNKNOWN_TRAFFIC} if it does already
     */
    TrafficChange end(String name, @Nullable String actor, @Nullable String reason) {
        registry.require(name);
        List<Problem> mistakes = Actor.mistakes(actor, reason);
        if (actor == null || !mistakes.isEmpty()) {
            throw new RequestRefused(mistakes);
        }
        return append(name, head -> head.filter(TrafficDesk::holds)
                .map(entry -> TrafficState.ended(actor, reason == null ? "" : reason, Instant.now())));
    }

    private TrafficChange append(
            String name, Function<Optional<Journal.Entry<TrafficState>>, Optional<TrafficState>> next) {
        Journal.Entry<TrafficState> made = traffic.journal(name).update(next).orElseThrow(() -> none(name));
        events.nudge(name, new ModelEvent.TrafficChanged(name, made.value().at()));
        return change(name, made);
    }

    private static boolean holds(Journal.Entry<TrafficState> entry) {
        return !entry.value().hasEnded();
    }

    private static TrafficChange change(String name, Journal.Entry<TrafficState> entry) {
        return new TrafficChange(name, entry.number(), entry.value());
    }

    private static ScanstreamException none(String name) {
        return new ScanstreamException(
                ErrorCode.UNKNOWN_TRAFFIC,
                "The scans of model '" + name
                        + "' are not split: its champion answers all that name neither a version nor"
                        + " an alias. PUT splits them.");
    }
}
