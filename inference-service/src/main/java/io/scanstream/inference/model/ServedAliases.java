package io.scanstream.inference.model;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.inference.model.PublishedModels.Meaning;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which version serves each alias here. Versions change hands on the loading thread; who looks may be any. An alias whose
 * version has no room in memory is served by nothing until a scan asks for it.
 */
final class ServedAliases {
    private static final Logger LOG = LoggerFactory.getLogger(ServedAliases.class);

    private final PublishedModels published;
    private final LoadedVersions versions;
    private final ModelMemory memory;
    private final Object lock;
    private final Map<ModelRef, ModelVersion> serving = new HashMap<>();
    private final Map<ModelRef, ModelVersion> onDemand = new HashMap<>();

    /**
     * Starts empty.
     *
     * @param lock shared with whoever must see a version stay between choosing and acquiring it
     */
    ServedAliases(PublishedModels published, LoadedVersions versions, ModelMemory memory, Object lock) {
        this.published = published;
        this.versions = versions;
        this.memory = memory;
        this.lock = lock;
    }

    /** The version that serves an alias; null: none does. */
    @Nullable
    ModelVersion version(ModelRef alias) {
        synchronized (lock) {
            return serving.get(alias);
        }
    }

    /** Those that serve any; a copy. */
    Set<ModelVersion> versions() {
        synchronized (lock) {
            return new HashSet<>(serving.values());
        }
    }

    /** The versions that serve aliases, or will once they are in memory, with these aliases' names. */
    Map<ModelVersion, List<String>> aliases() {
        synchronized (lock) {
            Map<ModelRef, ModelVersion> all = new HashMap<>(onDemand);
            all.putAll(serving);
            return all.entrySet().stream()
                    .collect(Collectors.groupingBy(
                            Map.Entry::getValue,
                            Collectors.mapping(entry -> entry.getKey().alias(), Collectors.toList())));
        }
    }

    void clear() {
        synchronized (lock) {
            serving.clear();
            onDemand.clear();
        }
    }

    /**
     * Lets every alias be served by what it means now: first those whose versions are pinned, then in the order given, as
     * far as there is room. No version leaves for it but the one that is taken over from.
     *
     * @param aliased all that there are
     * @param failures is told of what the store did not give; what served such an alias stays
     * @throws ScanstreamException {@code STORE_UNAVAILABLE}
     */
    void serveAsFarAsThereIsRoom(PublishedModels.Aliased aliased, ServingSet.Failures failures) {
        List<Meaning> aliases = aliased.meanings();
        aliases.stream()
                .filter(this::isPinned)
                .forEach(alias -> serveIfThereIsRoom(alias, aliased.withdrawn(), failures));
        aliases.stream()
                .filter(alias -> !isPinned(alias))
                .forEach(alias -> serveIfThereIsRoom(alias, aliased.withdrawn(), failures));
        Set<ModelRef> known = aliases.stream().map(Meaning::alias).collect(Collectors.toSet());
        known.addAll(aliased.unreadable());
        synchronized (lock) {
            serving.keySet().retainAll(known);
            onDemand.keySet().retainAll(known);
        }
    }

    private boolean isPinned(Meaning alias) {
        return alias.version() != null && memory.pins().hold(alias.version());
    }

    private void serveIfThereIsRoom(Meaning meaning, Set<ModelVersion> withdrawn, ServingSet.Failures failures) {
        ModelRef alias = meaning.alias();
        ModelVersion version = meaning.version();
        ModelVersion before = version(alias);
        boolean isLoaded = before != null && versions.isLoaded(before);
        try {
            if (isLoaded && version != null && version.equals(before) && !withdrawn.contains(version)) {
                failures.none();
                return;
            }
            if (isLoaded || version == null || versions.fits(version)) {
                serve(alias);
            } else {
                leaveForLater(alias, version);
            }
            failures.none();
        } catch (ScanstreamException e) {
            if (e.code().retryable()) {
                failures.add(alias, e);
                return;
            }
            failures.none();
            if (e.code() == ErrorCode.INVALID_REQUEST) {
                LOG.error("{} cannot be served: {}", alias, e.getMessage());
            } else {
                LOG.debug("{} is not served: {}", alias, e.getMessage());
            }
        }
    }

    private void leaveForLater(ModelRef alias, ModelVersion version) {
        ModelVersion before;
        synchronized (lock) {
            serving.remove(alias);
            before = onDemand.put(alias, version);
        }
        if (!version.equals(before)) {
            LOG.info(
                    "Model {} is loaded when a scan asks for {}: models take {} of {} MiB.",
                    version,
                    alias,
                    versions.usedBytes() >> 20,
                    memory.limitBytes() >> 20);
        }
    }

    /**
     * Lets the best version that is accepted serve the alias, loaded if need be; if all are refused, the one that serves
     * stays, unless it was withdrawn. What serves the alias so far does not leave meanwhile.
     *
     * @throws ScanstreamException {@code UNKNOWN_MODEL} if it means nothing, {@code MODEL_NOT_VERIFIED} if nothing can
     *     serve it, {@code STORE_UNAVAILABLE}
     */
    ModelVersion serve(ModelRef alias) {
        ModelVersion before = version(alias);
        Set<ModelVersion> kept = before == null ? Set.of() : Set.of(before);
        ScanstreamException refusal = null;
        for (ModelVersion candidate : published.candidates(alias)) {
            Optional<ScanstreamException> failure = versions.load(candidate, kept);
            if (failure.isEmpty()) {
                use(alias, candidate);
                return candidate;
            }
            if (failure.get().code().retryable()) {
                throw failure.get();
            }
            refusal = refusal == null ? failure.get() : refusal;
        }
        if (refusal == null) {
            synchronized (lock) {
                serving.remove(alias);
                onDemand.remove(alias);
            }
            throw new ScanstreamException(
                    ErrorCode.UNKNOWN_MODEL,
                    "model " + alias.model() + " has no " + alias.alias() + ". Publish one, or name a version.");
        }
        if (before == null || published.withdrawn().contains(before)) {
            synchronized (lock) {
                serving.remove(alias);
            }
            throw refusal;
        }
        return before;
    }

    private void use(ModelRef alias, ModelVersion version) {
        ModelVersion before;
        synchronized (lock) {
            before = serving.put(alias, version);
            onDemand.remove(alias);
        }
        if (!version.equals(before)) {
            LOG.info("Model {} serves {}{}.", version, alias, before == null ? "" : " in place of " + before.version());
        }
    }
}
