package io.scanstream.inference.model;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.model.ModelVersion;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The versions in memory, those on their way and those that were refused. Loading and retiring happen on one thread; who
 * acquires may be any.
 */
final class LoadedVersions {
    private static final Logger LOG = LoggerFactory.getLogger(LoadedVersions.class);

    private static final class Slot {
        final CompletableFuture<LoadedModel> loaded = new CompletableFuture<>();
        boolean named;
        long lastUse;

        @Nullable
        ScanstreamException refusal;

        boolean isLoaded() {
            return loaded.isDone() && !loaded.isCompletedExceptionally();
        }
    }

    private final PublishedModels published;
    private final Executor loading;
    private final ServingSet.RefusalListener refusals;
    private final Object lock;
    private final Map<ModelVersion, Slot> slots = new LinkedHashMap<>();
    private long uses;

    /**
     * Starts empty.
     *
     * @param loading the one thread that loads and retires
     * @param lock shared with whoever must see a version stay between choosing and acquiring it
     */
    LoadedVersions(PublishedModels published, Executor loading, ServingSet.RefusalListener refusals, Object lock) {
        this.published = published;
        this.loading = loading;
        this.refusals = refusals;
        this.lock = lock;
    }

    /**
     * A version for one more user, loaded first if need be.
     *
     * @param named whether the user asked for this version and not for an alias
     */
    CompletableFuture<LoadedModel> acquire(ModelVersion version, boolean named) {
        synchronized (lock) {
            Slot slot = slots.get(version);
            if (slot == null) {
                slot = new Slot();
                slots.put(version, slot);
                loading.execute(() -> load(version));
            }
            slot.named |= named;
            slot.lastUse = ++uses;
            // A slot that is loaded is retired under this lock only, and one that is loading not before its stages ran.
            return slot.loaded.thenApply(LoadedModel::acquire);
        }
    }

    /** Loads a version unless that was done or refused before; on the loading thread. Empty: it is loaded. */
    Optional<ScanstreamException> load(ModelVersion version) {
        Slot slot;
        synchronized (lock) {
            slot = slots.computeIfAbsent(version, absent -> new Slot());
        }
        if (slot.loaded.isDone()) {
            return Optional.ofNullable(slot.refusal);
        }
        try {
            LoadedModel model = published.load(version);
            LOG.info("Model {} is verified and warm.", version);
            slot.loaded.complete(model);
            return Optional.empty();
        } catch (ScanstreamException e) {
            return Optional.of(fail(version, slot, e));
        } catch (RuntimeException | OutOfMemoryError e) {
            return Optional.of(fail(
                    version,
                    slot,
                    new ScanstreamException(ErrorCode.MODEL_NOT_VERIFIED, "model " + version + ": " + e, e)));
        }
    }

    private ScanstreamException fail(ModelVersion version, Slot slot, ScanstreamException reason) {
        boolean refused = reason.code() == ErrorCode.MODEL_NOT_VERIFIED;
        synchronized (lock) {
            if (refused) {
                slot.refusal = reason;
            } else {
                slots.remove(version);
            }
        }
        slot.loaded.completeExceptionally(reason);
        if (refused) {
            LOG.error("Model {} is refused: {}", version, reason.getMessage());
            refusals.refused(version, reason);
        }
        return reason;
    }

    /** Drops what is neither serving nor among the latest that were named; on the loading thread. */
    void retire(Set<ModelVersion> serving, int mostNamed) {
        List<LoadedModel> leaving = new ArrayList<>();
        synchronized (lock) {
            Set<ModelVersion> kept = new HashSet<>(serving);
            slots.entrySet().stream()
                    .filter(slot -> slot.getValue().named && slot.getValue().isLoaded())
                    .filter(slot -> !serving.contains(slot.getKey()))
                    .sorted(Comparator.comparingLong(slot -> -slot.getValue().lastUse))
                    .limit(mostNamed)
                    .forEach(slot -> kept.add(slot.getKey()));
            slots.entrySet().removeIf(slot -> {
                boolean leaves = slot.getValue().isLoaded() && !kept.contains(slot.getKey());
                if (leaves) {
                    leaving.add(slot.getValue().loaded.join());
                }
                return leaves;
            });
        }
        leaving.forEach(LoadedModel::release);
    }

    /**
     * Every version, sorted.
     *
     * @param serving the aliases of those that serve any
     */
    List<VersionStatus> status(Map<ModelVersion, List<String>> serving) {
        synchronized (lock) {
            return slots.entrySet().stream()
                    .map(slot -> status(slot.getKey(), slot.getValue(), serving.getOrDefault(slot.getKey(), List.of())))
                    .sorted(Comparator.comparing(status -> status.model().toString()))
                    .toList();
        }
    }

    private static VersionStatus status(ModelVersion version, Slot slot, List<String> aliases) {
        if (slot.refusal != null) {
            return new VersionStatus(
                    version, VersionStatus.State.REFUSED, aliases, slot.refusal.code(), slot.refusal.getMessage());
        }
        VersionStatus.State state = slot.isLoaded() ? VersionStatus.State.LOADED : VersionStatus.State.LOADING;
        return new VersionStatus(version, state, aliases, null, null);
    }
}
