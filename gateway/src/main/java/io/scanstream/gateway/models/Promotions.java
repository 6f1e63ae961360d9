package io.scanstream.gateway.models;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Names;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.api.AliasChange;
import io.scanstream.contracts.api.AliasRequest;
import io.scanstream.contracts.model.AliasState;
import io.scanstream.contracts.model.ModelEvent;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.contracts.scoring.ScanHeaders;
import io.scanstream.gateway.messaging.Outbox;
import io.scanstream.gateway.problems.RequestRefused;
import io.scanstream.storage.Aliases;
import io.scanstream.storage.Journal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Changes what aliases mean: an entry in the alias's journal, then an event that hurries those who serve. */
public final class Promotions {
    private final ModelRegistry registry;
    private final Aliases aliases;
    private final Outbox events;

    /**
     * Promotes and rolls back.
     *
     * @param events writes to {@code model.events}
     */
    public Promotions(ModelRegistry registry, Aliases aliases, Outbox events) {
        this.registry = registry;
        this.aliases = aliases;
        this.events = events;
    }

    /**
     * Lets an alias mean a version; if it does already, that entry is the answer and nothing changes.
     *
     * @throws ScanstreamException {@code UNKNOWN_MODEL}, {@code INVALID_REQUEST}
     */
    AliasChange promote(String name, String version, AliasRequest request) {
        ModelVersion model = registry.requireVersion(name, version);
        String alias = alias(request.alias());
        String actor = actor(request);
        Journal<AliasState> journal = aliases.journal(name, alias);
        Optional<Journal.Entry<AliasState>> made = journal.update(head ->
                head.filter(entry -> version.equals(entry.value().version())).isPresent()
                        ? Optional.empty()
                        : Optional.of(state(version, actor, request.reason())));
        if (made.isEmpty()) {
            return change(name, alias, journal.head().orElseThrow());
        }
        announce(model, alias, made.get());
        return change(name, alias, made.get());
    }

    /**
     * Lets an alias mean what it meant before its present version.
     *
     * @throws ScanstreamException {@code UNKNOWN_MODEL} if it meant nothing before
     */
    AliasChange rollback(String name, AliasRequest request) {
        registry.require(name);
        String alias = alias(request.alias());
        String actor = actor(request);
        Journal.Entry<AliasState> made = aliases.journal(name, alias)
                .update(head -> Optional.of(state(before(name, alias, head), actor, request.reason())))
                .orElseThrow();
        announce(new ModelVersion(name, Objects.requireNonNull(made.value().version())), alias, made);
        return change(name, alias, made);
    }

    private String before(String name, String alias, Optional<Journal.Entry<AliasState>> head) {
        @Nullable String now = head.map(entry -> entry.value().version()).orElse(null);
        @Nullable String before = null;
        for (Journal.Entry<AliasState> entry : aliases.journal(name, alias).history()) {
            String version = entry.value().version();
            if (version != null && !version.equals(now)) {
                before = version;
            }
        }
        if (before == null) {
            throw new ScanstreamException(
                    ErrorCode.UNKNOWN_MODEL,
                    "Alias " + alias + " of model '" + name + "' has meant no other version that it could go back to.");
        }
        return before;
    }

    /** What an alias meant and means, newest first. */
    List<AliasChange> history(String name, @Nullable String alias) {
        registry.require(name);
        String wanted = alias(alias);
        List<AliasChange> changes = new ArrayList<>();
        aliases.journal(name, wanted).history().forEach(entry -> changes.add(change(name, wanted, entry)));
        Collections.reverse(changes);
        return changes;
    }

    private void announce(ModelVersion model, String alias, Journal.Entry<AliasState> entry) {
        registry.refresh(model.name());
        events.nudge(
                model.toString(),
                new ModelEvent.ModelPromoted(model, alias, entry.value().at()));
    }

    private static AliasChange change(String model, String alias, Journal.Entry<AliasState> entry) {
        return new AliasChange(model, alias, entry.number(), entry.value());
    }

    private static AliasState state(String version, String actor, @Nullable String reason) {
        return new AliasState(version, actor, reason == null ? "" : reason, Map.of(), Instant.now());
    }

    private static String alias(@Nullable String alias) {
        return Names.require("alias", alias == null ? ScanHeaders.CHAMPION : alias);
    }

    private static String actor(AliasRequest request) {
        @Nullable String actor = request.actor();
        if (actor == null || actor.isBlank() || actor.length() > 200) {
            throw RequestRefused.invalid("actor: expected who asks for this, in 1 to 200 characters.");
        }
        if (request.reason() != null && request.reason().length() > 2000) {
            throw RequestRefused.invalid("reason: longer than 2000 characters.");
        }
        return actor;
    }
}
