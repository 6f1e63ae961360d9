package io.scanstream.gateway.drift;

import io.scanstream.contracts.Json;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.api.DriftView;
import io.scanstream.contracts.model.DriftFigure;
import io.scanstream.contracts.model.DriftState;
import io.scanstream.contracts.model.ModelEvent;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.contracts.model.ReferenceAnswers;
import io.scanstream.gateway.messaging.Outbox;
import io.scanstream.gateway.models.ModelRegistry;
import io.scanstream.storage.Drifts;
import io.scanstream.storage.Journal;
import io.scanstream.storage.ModelPackage;
import io.scanstream.storage.Models;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Compares what versions answer in service with the reference in their packages. When other quantities have drifted than
 * before, that is an entry of the version's journal, and whoever made the entry tells of it on {@code model.events}: so it is
 * told once, however many gateways there are. Thread-safe.
 */
public final class DriftDesk {
    private static final Logger LOG = Logger.getLogger(DriftDesk.class);
    private final AnswerWindow window;
    private final ModelRegistry registry;
    private final Models models;
    private final Drifts drifts;
    private final Outbox events;
    private final Settings settings;
    private final Map<ModelVersion, Optional<ReferenceAnswers>> references = new ConcurrentHashMap<>();
    /** What had drifted when a version was compared last. */
    private final Map<ModelVersion, Set<String>> known = new ConcurrentHashMap<>();

    /**
     * When something counts as drifted.
     *
     * @param leastScans with fewer nothing is compared
     * @param bound the population stability index above which a quantity has drifted
     */
    public record Settings(long leastScans, double bound) {}

    /**
     * Compares nothing by itself.
     *
     * @param events writes to {@code model.events}
     */
    public DriftDesk(
            AnswerWindow window,
            ModelRegistry registry,
            Models models,
            Drifts drifts,
            Outbox events,
            Settings settings) {
        this.window = window;
        this.registry = registry;
        this.models = models;
        this.drifts = drifts;
        this.events = events;
        this.settings = settings;
    }

    /**
     * How a version stands.
     *
     * @throws ScanstreamException {@code UNKNOWN_MODEL}
     */
    public DriftView of(String name, String version) {
        ModelVersion model = registry.requireVersion(name, version);
        List<DriftState> history = new ArrayList<>(drifts.journal(model).history().stream()
                .map(Journal.Entry::value)
                .toList());
        Collections.reverse(history);
        return view(model, history.isEmpty() ? Set.of() : names(history.get(0)), history);
    }

    /** Compares every version that answers, and tells what is new. */
    public List<DriftView> compareAll() {
        List<DriftView> views = new ArrayList<>();
        List<ModelVersion> versions = window.versions();
        references.keySet().retainAll(versions);
        known.keySet().retainAll(versions);
        for (ModelVersion version : versions) {
            try {
                DriftView view = compare(version);
                if (!view.quantities().isEmpty()) {
                    views.add(view);
                }
            } catch (ScanstreamException e) {
                LOG.warnf("The answers of %s are not compared: %s", version, e.getMessage());
            }
        }
        return views;
    }

    private DriftView compare(ModelVersion version) {
        Set<String> before = known.computeIfAbsent(version, this::drifted);
        DriftView view = view(version, before, List.of());
        if (!view.quantities().isEmpty()) {
            tell(version, view, before);
        }
        return view;
    }

    private Set<String> drifted(ModelVersion version) {
        return drifts.journal(version).head().map(head -> names(head.value())).orElse(Set.of());
    }

    private void tell(ModelVersion version, DriftView view, Set<String> before) {
        Instant now = Instant.now();
        DriftState state = new DriftState(
                view.quantities().stream()
                        .filter(DriftView.Quantity::drifted)
                        .map(each -> new DriftFigure(each.quantity(), each.index(), each.bound()))
                        .toList(),
                view.scans(),
                view.since() == null ? now : view.since(),
                now);
        Set<String> drifted = names(state);
        if (drifted.equals(before)) {
            return;
        }
        boolean first = drifts.journal(version)
                .update(head ->
                        drifted.equals(head.map(entry -> names(entry.value())).orElse(Set.of()))
                                ? Optional.empty()
                                : Optional.of(state))
                .isPresent();
        if (first) {
            events.nudge(version.toString(), new ModelEvent.ModelDrifted(version, state, now));
            LOG.warnf("The answers of %s to the last %d scans are %s.", version, view.scans(), inWords(state));
        }
        known.put(version, drifted);
    }

    private static String inWords(DriftState state) {
        return state.drifted().isEmpty()
                ? "like those in its package again"
                : state.drifted().stream()
                        .map(each -> String.format(
                                Locale.ROOT, "%s %.2f, bound %.2f", each.quantity(), each.index(), each.bound()))
                        .collect(Collectors.joining("; ", "unlike those in its package: ", ""));
    }

    private static Set<String> names(DriftState state) {
        return state.drifted().stream().map(DriftFigure::quantity).collect(Collectors.toUnmodifiableSet());
    }

    private DriftView view(ModelVersion version, Set<String> before, List<DriftState> history) {
        AnswerWindow.@Nullable Answered answered = window.of(version).orElse(null);
        ReferenceAnswers reference =
                references.computeIfAbsent(version, this::reference).orElse(null);
        List<DriftView.Quantity> quantities =
                answered == null || reference == null || answered.answers().scans() < settings.leastScans()
                        ? List.of()
                        : new DriftComparison(reference.answers(), answered.answers())
                                .quantities(settings.bound(), before);
        return new DriftView(
                version.name(),
                version.version(),
                reference == null ? null : reference.split(),
                reference == null ? 0 : reference.answers().scans(),
                answered == null ? 0 : answered.answers().scans(),
                settings.leastScans(),
                answered == null ? null : answered.since(),
                answered == null ? null : answered.until(),
                quantities,
                history);
    }

    private Optional<ReferenceAnswers> reference(ModelVersion version) {
        return models.file(version, ModelPackage.REFERENCE).map(json -> Json.read(json, ReferenceAnswers.class));
    }
}
