package io.scanstream.gateway.models;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Names;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.api.AliasChange;
import io.scanstream.contracts.api.AliasRequest;
import io.scanstream.contracts.model.AliasState;
import io.scanstream.contracts.model.GateDecision;
import io.scanstream.contracts.model.ModelEvent;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.contracts.model.Withdrawal;
import io.scanstream.contracts.scoring.ScanHeaders;
import io.scanstream.gateway.messaging.Outbox;
import io.scanstream.gateway.problems.RequestRefused;
import io.scanstream.gateway.requests.Actor;
import io.scanstream.storage.Aliases;
import io.scanstream.storage.Journal;
import io.scanstream.storage.Notices;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Changes what aliases mean: an entry in the alias's journal, then an event that hurries those who serve. */
public final class Promotions {
    private final ModelRegistry registry;
    private final Aliases aliases;
    private final GateRecords gate;
    private final Notices notices;
    private final Outbox events;

    /**
     * Promotes, rolls back and withdraws.
     *
     * @param events writes to {@code model.events}
     */
    public Promotions(ModelRegistry registry, Aliases aliases, GateRecords gate, Notices notices, Outbox events) {
        this.registry = registry;
        this.aliases = aliases;
        this.gate = gate;
        this.notices = notices;
        this.events = events;
    }

    /**
     * Lets an alias mean a version; if it does already, that entry is the answer and nothing changes. What the gate said of
     * the version is kept with the entry.
     *
     * @throws ScanstreamException {@code UNKNOWN_MODEL}, {@code INVALID_REQUEST}, {@code MODEL_WITHDRAWN}; {@code GATE_REFUSED}
     *     if the alias is the champion, the gate has refused the version and the request does not override it
     */
    AliasChange promote(String name, String version, AliasRequest request) {
        ModelVersion model = registry.requireVersion(name, version);
        String alias = alias(request.alias());
        String actor = Actor.of(request.actor(), request.reason());
        registry.requireUsable(model);
        Optional<GateDecision> judged = alias.equals(ScanHeaders.CHAMPION) ? gate.decision(model) : Optional.empty();
        Journal<AliasState> journal = aliases.journal(name, alias);
        Optional<Journal.Entry<AliasState>> made = journal.update(head -> {
            if (head.filter(entry -> version.equals(entry.value().version())).isPresent()) {
                return Optional.empty();
            }
            judged.ifPresent(decision -> requirePassed(decision, request));
            return Optional.of(new AliasState(
                    version,
                    actor,
                    reason(request),
                    judged.map(GateDecision::figures).orElse(Map.of()),
                    Instant.now(),
                    AliasState.Decision.PROMOTED,
                    version,
                    judged.map(GateDecision::rules).orElse(List.of())));
        });
        if (made.isEmpty()) {
            return change(name, alias, journal.head().orElseThrow());
        }
        announce(model, alias, made.get());
        return change(name, alias, made.get());
    }

    private static void requirePassed(GateDecision decision, AliasRequest request) {
        if (decision.promoted()) {
            return;
        }
        if (!Boolean.TRUE.equals(request.override())) {
            throw new ScanstreamException(
                    ErrorCode.GATE_REFUSED,
                    "The gate has refused model " + decision.candidate() + ": " + decision.reason()
                            + ". To promote it all the same, say \"override\": true and give a reason; both are recorded.");
        }
        if (reason(request).isBlank()) {
            throw RequestRefused.invalid("reason: expected why the gate is overridden; it is recorded.");
        }
    }

    /**
     * Lets an alias mean what it meant before its present version was promoted. What was rolled back from is not come back to,
     * nor is a version that was trained on scans of a subject who was excluded since: that takes a promotion.
     *
     * @throws ScanstreamException {@code UNKNOWN_MODEL}; {@code CONFLICT} if there is nothing to go back to
     */
    AliasChange rollback(String name, AliasRequest request) {
        registry.require(name);
        String alias = alias(request.alias());
        String actor = Actor.of(request.actor(), request.reason());
        Journal.Entry<AliasState> made = aliases.journal(name, alias)
                .update(head -> {
                    String version = before(name, alias, head)
                            .orElseThrow(
                                    () -> new ScanstreamException(
                                            ErrorCode.CONFLICT,
                                            "Alias " + alias + " of model '" + name
                                                    + "' has meant no other version before that it could go back to: none that"
                                                    + " is neither withdrawn, nor rolled back from, nor trained on scans of a"
                                                    + " subject who was excluded since. Promote the version that it shall mean."));
                    return Optional.of(state(version, actor, request, AliasState.Decision.ROLLED_BACK, version));
                })
                .orElseThrow();
        announce(new ModelVersion(name, Objects.requireNonNull(made.value().version())), alias, made);
        return change(name, alias, made);
    }

    /** The version that the alias meant before its present one was promoted, and that may be gone back to. */
    private Optional<String> before(String name, String alias, Optional<Journal.Entry<AliasState>> head) {
        @Nullable String now = head.map(entry -> entry.value().version()).orElse(null);
        Set<ModelVersion> withdrawn = notices.withdrawn();
        return promoted(aliases.journal(name, alias).history()).stream()
                .filter(version -> !version.equals(now))
                .map(version -> new ModelVersion(name, version))
                .filter(version -> !withdrawn.contains(version)
                        && notices.exclusions(version).isEmpty())
                .map(ModelVersion::version)
                .findFirst();
    }

    /** What an alias means, and what it meant before that, and before that; without what was rolled back from. */
    private static Deque<String> promoted(List<Journal.Entry<AliasState>> history) {
        Deque<String> promoted = new ArrayDeque<>();
        for (Journal.Entry<AliasState> entry : history) {
            String version = entry.value().version();
            if (version == null || version.equals(promoted.peek())) {
                continue;
            }
            AliasState.Decision decision = entry.value().decision();
            boolean back = decision == AliasState.Decision.ROLLED_BACK || decision == AliasState.Decision.WITHDRAWN;
            while (back && !promoted.isEmpty() && !version.equals(promoted.peek())) {
                promoted.pop();
            }
            if (!version.equals(promoted.peek())) {
                promoted.push(version);
            }
        }
        return promoted;
    }

    /**
     * Withdraws a version for good. Aliases that mean it mean what they meant before it, or nothing; that is an entry of each
     * one's journal, and of the champion's in any case. Done half, it is finished by asking again.
     *
     * @return the champion's newest entry
     * @throws ScanstreamException {@code UNKNOWN_MODEL}, {@code INVALID_REQUEST}
     */
    AliasChange withdraw(String name, String version, AliasRequest request) {
        ModelVersion model = registry.requireVersion(name, version);
        String actor = Actor.of(request.actor(), request.reason());
        if (request.alias() != null) {
            throw RequestRefused.invalid("alias: a version is withdrawn as a whole, whatever means it. Leave it out.");
        }
        if (reason(request).isBlank()) {
            throw RequestRefused.invalid("reason: expected why the version must not be used any more.");
        }
        notices.withdraw(model, new Withdrawal(actor, reason(request), Instant.now()));
        Set<String> names = new TreeSet<>(aliases.names(name));
        names.add(ScanHeaders.CHAMPION);
        for (String alias : names) {
            withdraw(model, alias, actor, request);
        }
        registry.refresh(name);
        events.nudge(model.toString(), new ModelEvent.ModelWithdrawn(model, reason(request), Instant.now()));
        return change(
                name,
                ScanHeaders.CHAMPION,
                aliases.journal(name, ScanHeaders.CHAMPION).head().orElseThrow());
    }

    private void withdraw(ModelVersion model, String alias, String actor, AliasRequest request) {
        String version = model.version();
        Journal<AliasState> journal = aliases.journal(model.name(), alias);
        boolean told = journal.history().stream()
                .map(Journal.Entry::value)
                .anyMatch(state -> state.decision() == AliasState.Decision.WITHDRAWN && version.equals(state.about()));
        journal.update(head -> {
            @Nullable String now = head.map(entry -> entry.value().version()).orElse(null);
            if (version.equals(now)) {
                @Nullable String next = before(model.name(), alias, head).orElse(null);
                return Optional.of(state(next, actor, request, AliasState.Decision.WITHDRAWN, version));
            }
            return told || !alias.equals(ScanHeaders.CHAMPION)
                    ? Optional.empty()
                    : Optional.of(state(now, actor, request, AliasState.Decision.WITHDRAWN, version));
        });
    }

    /** What was decided of an alias, refusals by the gate and withdrawals among it, newest first. */
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

    private static AliasState state(
            @Nullable String version, String actor, AliasRequest request, AliasState.Decision decision, String about) {
        return new AliasState(version, actor, reason(request), Map.of(), Instant.now(), decision, about, List.of());
    }

    private static String reason(AliasRequest request) {
        return request.reason() == null ? "" : request.reason();
    }

    private static String alias(@Nullable String alias) {
        return Names.require("alias", alias == null ? ScanHeaders.CHAMPION : alias);
    }
}
