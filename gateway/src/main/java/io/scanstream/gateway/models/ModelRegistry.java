package io.scanstream.gateway.models;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Names;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.api.ModelOverview;
import io.scanstream.contracts.model.ModelCard;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.contracts.model.Withdrawal;
import io.scanstream.contracts.scoring.ScanHeaders;
import io.scanstream.storage.Aliases;
import io.scanstream.storage.Models;
import io.scanstream.storage.Notices;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Every model with its versions and aliases in memory: all of them read at start and every 30 seconds, one of them
 * whenever an event tells of it. What is not here is looked for in the store before it counts as unknown. Thread-safe.
 */
public final class ModelRegistry {
    private final Models models;
    private final Aliases aliases;
    private final Notices notices;
    private final Map<String, ModelOverview> known = new ConcurrentHashMap<>();

    public ModelRegistry(Models models, Aliases aliases, Notices notices) {
        this.models = models;
        this.aliases = aliases;
        this.notices = notices;
    }

    /** Reads every model. */
    public void refresh() {
        models.names().stream().filter(Names::isValid).forEach(this::refresh);
    }

    /** Reads one model; empty if it has no published version. */
    public Optional<ModelOverview> refresh(String name) {
        Map<String, ModelOverview.Version> before = new HashMap<>();
        ModelOverview old = known.get(name);
        if (old != null) {
            old.versions().forEach(version -> before.put(version.version(), version));
        }
        List<ModelOverview.Version> versions = new ArrayList<>();
        Set<String> noticed = notices.versions(name);
        for (ModelVersion version : models.versions(name)) {
            ModelOverview.@Nullable Version seen = before.get(version.version());
            if (seen == null) {
                seen = models.card(version).map(card -> version(version, card)).orElse(null);
            }
            if (seen != null) {
                versions.add(noticed.contains(version.version()) ? withNotices(version, seen) : seen);
            }
        }
        if (versions.isEmpty()) {
            return Optional.empty();
        }
        Map<String, String> meanings = new LinkedHashMap<>();
        for (String alias : aliases.names(name)) {
            aliases.version(name, alias).ifPresent(version -> meanings.put(alias, version));
        }
        ModelOverview fresh = new ModelOverview(name, meanings, versions);
        known.put(name, fresh);
        return Optional.of(fresh);
    }

    private static ModelOverview.Version version(ModelVersion version, ModelCard card) {
        return new ModelOverview.Version(
                version.version(), card.dataset(), card.metrics().get("test"), card.createdAt(), null, List.of());
    }

    private ModelOverview.Version withNotices(ModelVersion version, ModelOverview.Version seen) {
        return new ModelOverview.Version(
                seen.version(),
                seen.dataset(),
                seen.test(),
                seen.createdAt(),
                notices.withdrawal(version).orElse(null),
                notices.exclusions(version));
    }

    /** Every model, by name. */
    public List<ModelOverview> all() {
        return known.values().stream()
                .sorted(Comparator.comparing(ModelOverview::name))
                .toList();
    }

    /**
     * One model.
     *
     * @throws ScanstreamException {@code UNKNOWN_MODEL}
     */
    ModelOverview require(String name) {
        return find(name, Optional::of)
                .orElseThrow(() -> unknown("There is no model '" + name + "'. GET /api/v1/models lists them."));
    }

    /**
     * One published version.
     *
     * @throws ScanstreamException {@code UNKNOWN_MODEL}
     */
    public ModelVersion requireVersion(String name, String version) {
        require(name);
        Names.require("version", version);
        return find(name, model -> model.versions().stream()
                        .filter(one -> one.version().equals(version))
                        .findFirst())
                .map(found -> new ModelVersion(name, version))
                .orElseThrow(() -> unknown("Model '" + name + "' has no version '" + version + "'. GET /api/v1/models/"
                        + name + " lists them."));
    }

    /**
     * Makes sure that something can score.
     *
     * @param version the version that must; or else
     * @param alias the alias that chooses it; without either {@code champion}
     * @throws ScanstreamException {@code UNKNOWN_MODEL} saying what there is not, {@code MODEL_WITHDRAWN}
     */
    public void requireScorer(String name, @Nullable String version, @Nullable String alias) {
        if (version != null) {
            requireUsable(requireVersion(name, version));
            return;
        }
        require(name);
        String wanted = Names.require("alias", alias == null ? ScanHeaders.CHAMPION : alias);
        if (find(name, model -> Optional.ofNullable(model.aliases().get(wanted)))
                .isEmpty()) {
            throw unknown(
                    "Model '" + name + "' has no " + wanted + ": promote a version, or name the one that shall score.");
        }
    }

    /**
     * Makes sure that a published version may be used.
     *
     * @throws ScanstreamException {@code MODEL_WITHDRAWN} with the reason
     */
    void requireUsable(ModelVersion version) {
        Optional<Withdrawal> withdrawal = find(version.name(), model -> model.versions().stream()
                        .filter(one -> one.version().equals(version.version()))
                        .findFirst())
                .map(ModelOverview.Version::withdrawn);
        if (withdrawal.isPresent()) {
            throw new ScanstreamException(
                    ErrorCode.MODEL_WITHDRAWN,
                    "Model " + version + " was withdrawn at " + withdrawal.get().at() + " and must not be used: "
                            + withdrawal.get().reason());
        }
    }

    /** Something of a model: from memory, or from the store if it is not known here. */
    private <T> Optional<T> find(String name, Function<ModelOverview, Optional<T>> part) {
        Names.require("model", name);
        Optional<T> found = Optional.ofNullable(known.get(name)).flatMap(part);
        return found.isPresent() ? found : refresh(name).flatMap(part);
    }

    private static ScanstreamException unknown(String message) {
        return new ScanstreamException(ErrorCode.UNKNOWN_MODEL, message);
    }
}
