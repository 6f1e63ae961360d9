package io.scanstream.inference.model;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.model.ModelVersion;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
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
 * The versions in memory, those on their way and those that were refused. Where memory is limited, the one that was not used
 * for longest leaves for the next; who uses it then goes on, and its memory is free when the last has done. Loading and retiring happen on one thread; who
 * acquires may be any.
 */
final class LoadedVersions {
    private static final Logger LOG = LoggerFactory.getLogger(LoadedVersions.class);

    private static final class Slot {
        final CompletableFuture<LoadedModel> loaded = new CompletableFuture<>();
        boolean named;
        long lastUse;
        long bytes;

        @Nullable
        ScanstreamException refusal;

        boolean isLoaded() {
            return loaded.isDone() && !loaded.isCompletedExceptionally();
        }
    }

    private final PublishedModels published;
    private final Executor loading;
    private final ServingSet.Listener listener;
    private final Object lock;
    private final ModelMemory memory;
    private final Map<ModelVersion, Slot> slots = new LinkedHashMap<>();
    /** What versions were found to take, or are thought to, in memory or not; of the loading thread alone. */
    private final Map<ModelVersion, Long> costs = new HashMap<>();
    /** Those that were ever loaded and are not forgotten; of the loading thread alone. */
    private final Set<ModelVersion> seen = new HashSet<>();
    /** What left memory while somebody used it. */
    private final List<LoadedModel> leftInUse = new ArrayList<>();

    private long uses;
    private long evictions;

    /**
     * Starts empty.
     *
     * @param loading the one thread that loads and retires
     * @param lock shared with whoever must see a version stay between choosing and acquiring it
     */
    LoadedVersions(
            PublishedModels published,
            Executor loading,
            ServingSet.Listener listener,
            Object lock,
            ModelMemory memory) {
        this.published = published;
        this.loading = loading;
        this.listener = listener;
        this.lock = lock;
        this.memory = memory;
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
                loading.execute(() -> load(version, Set.of()));
            }
            slot.named |= named;
            slot.lastUse = ++uses;
            // A slot that is loaded is retired under this lock only, and one that is loading not before its stages ran.
            return slot.loaded.thenApply(LoadedModel::acquire);
        }
    }

    /** A version that is in memory, for one more user who does not keep it there; else empty. */
    Optional<LoadedModel> acquireIfLoaded(ModelVersion version) {
        synchronized (lock) {
            Slot slot = slots.get(version);
            return slot == null || !slot.isLoaded()
                    ? Optional.empty()
                    : Optional.of(slot.loaded.join().acquire());
        }
    }

    boolean isLoaded(ModelVersion version) {
        synchronized (lock) {
            Slot slot = slots.get(version);
            return slot != null && slot.isLoaded();
        }
    }

    /**
     * Whether a version can be had without any other leaving: it is pinned, is there or refused already, or has room.
     *
     * @throws ScanstreamException {@code UNKNOWN_MODEL} or {@code STORE_UNAVAILABLE} where the store must be asked
     */
    boolean fits(ModelVersion version) {
        if (!memory.isLimited() || memory.pins().hold(version)) {
            return true;
        }
        synchronized (lock) {
            Slot slot = slots.get(version);
            if (slot != null && slot.loaded.isDone()) {
                return true;
            }
        }
        return usedBytes() + cost(version) <= memory.limitBytes();
    }

    private long cost(ModelVersion version) {
        return costs.computeIfAbsent(version, unknown -> ModelMemory.estimate(published.onnxBytes(unknown)));
    }

    /** What the versions in memory take, in bytes. */
    long usedBytes() {
        synchronized (lock) {
            return slots.values().stream().mapToLong(slot -> slot.bytes).sum();
        }
    }

    /** How many versions have left memory for others. */
    long evictions() {
        synchronized (lock) {
            return evictions;
        }
    }

    /**
     * Loads a version unless that was done or refused before; on the loading thread. Where memory is short, those that
     * were not used for longest leave first, but for the pinned ones. If that does not help it is loaded all the same: it
     * was asked for, and waiting would not make it smaller.
     *
     * @param kept must not leave for it either
     * @return empty: it is loaded
     */
    Optional<ScanstreamException> load(ModelVersion version, Set<ModelVersion> kept) {
        Slot slot;
        synchronized (lock) {
            slot = slots.computeIfAbsent(version, absent -> new Slot());
        }
        if (slot.loaded.isDone()) {
            return Optional.ofNullable(slot.refusal);
        }
        try {
            makeRoom(version, cost(version), kept);
            long before = memory.nativeBytes().getAsLong();
            LoadedModel model = published.load(version);
            long bytes = Math.max(cost(version), memory.nativeBytes().getAsLong() - before);
            costs.put(version, bytes);
            seen.add(version);
            synchronized (lock) {
                slot.bytes = bytes;
                slot.lastUse = ++uses;
            }
            LOG.info("Model {} is verified and warm, in {} MiB.", version, bytes >> 20);
            slot.loaded.complete(model);
            // It may have turned out to be larger than it was thought.
            makeRoom(version, 0, kept);
            return Optional.empty();
        } catch (ScanstreamException e) {
            return Optional.of(fail(version, slot, e));
        } catch (OutOfMemoryError e) {
            // That others hold the memory now says nothing of the version.
            return Optional.of(fail(
                    version,
                    slot,
                    new ScanstreamException(
                            ErrorCode.OVERLOADED,
                            "model " + version + ": there is no memory to load it now: " + e,
                            e)));
        } catch (RuntimeException | Error e) {
            return Optional.of(fail(
                    version,
                    slot,
                    new ScanstreamException(ErrorCode.MODEL_NOT_VERIFIED, "model " + version + ": " + e, e)));
        }
    }

    private ScanstreamException fail(ModelVersion version, Slot slot, ScanstreamException reason) {
        boolean refused = reason.code() == ErrorCode.MODEL_NOT_VERIFIED;
        costs.remove(version);
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
            listener.refused(version, reason);
        }
        return reason;
    }

    private void makeRoom(ModelVersion version, long bytes, Set<ModelVersion> kept) {
        if (!memory.isLimited()) {
            return;
        }
        List<LoadedModel> leaving = new ArrayList<>();
        synchronized (lock) {
            while (usedBytes() + bytes > memory.limitBytes()) {
                Optional<ModelVersion> oldest = slots.entrySet().stream()
                        .filter(slot -> slot.getValue().isLoaded())
                        .filter(slot -> !slot.getKey().equals(version)
                                && !kept.contains(slot.getKey())
                                && !memory.pins().hold(slot.getKey()))
                        .min(Comparator.comparingLong(slot -> slot.getValue().lastUse))
                        .map(Map.Entry::getKey);
                if (oldest.isEmpty()) {
                    LOG.warn(
                            "Model {} and what has to stay beside it take {} MiB; the limit is {} MiB.",
                            version,
                            (usedBytes() + bytes) >> 20,
                            memory.limitBytes() >> 20);
                    break;
                }
                LOG.info("Model {} leaves memory for {}.", oldest.get(), version);
                leaving.add(slots.remove(oldest.get()).loaded.join());
                evictions++;
            }
        }
        leaving.forEach(this::leave);
    }

    /**
     * Drops what is neither serving nor among the latest that were named; on the loading thread.
     *
     * @param withdrawn those that being named does not keep
     */
    void retire(Set<ModelVersion> serving, Set<ModelVersion> withdrawn, int mostNamed) {
        List<LoadedModel> leaving = new ArrayList<>();
        synchronized (lock) {
            Set<ModelVersion> kept = new HashSet<>(serving);
            slots.entrySet().stream()
                    .filter(slot -> slot.getValue().named && slot.getValue().isLoaded())
                    .filter(slot -> !serving.contains(slot.getKey()) && !withdrawn.contains(slot.getKey()))
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
        leaving.forEach(this::leave);
    }

    private void leave(LoadedModel model) {
        model.release();
        synchronized (lock) {
            if (!model.isClosed()) {
                leftInUse.add(model);
            }
        }
    }

    /**
     * Forgets what is neither in memory, nor used by anybody, nor meant by an alias, and tells of it; on the loading thread.
     *
     * @param meant by aliases, in memory or not
     */
    void forget(Set<ModelVersion> meant) {
        Set<ModelVersion> kept = new HashSet<>(meant);
        synchronized (lock) {
            leftInUse.removeIf(LoadedModel::isClosed);
            leftInUse.forEach(model -> kept.add(model.version()));
            kept.addAll(slots.keySet());
        }
        costs.keySet().retainAll(kept);
        List<ModelVersion> forgotten =
                seen.stream().filter(version -> !kept.contains(version)).toList();
        forgotten.forEach(version -> {
            seen.remove(version);
            listener.forgotten(version);
        });
    }

    /**
     * Every version, sorted.
     *
     * @param serving the aliases of those that serve any, or will once they are in memory
     */
    List<VersionStatus> status(Map<ModelVersion, List<String>> serving) {
        synchronized (lock) {
            Set<ModelVersion> all = new HashSet<>(slots.keySet());
            all.addAll(serving.keySet());
            return all.stream()
                    .map(version -> status(version, slots.get(version), serving.getOrDefault(version, List.of())))
                    .sorted(Comparator.comparing(status -> status.model().toString()))
                    .toList();
        }
    }

    private static VersionStatus status(ModelVersion version, @Nullable Slot slot, List<String> aliases) {
        if (slot == null) {
            return new VersionStatus(version, VersionStatus.State.ON_DEMAND, aliases, null, null);
        }
        if (slot.refusal != null) {
            return new VersionStatus(
                    version, VersionStatus.State.REFUSED, aliases, slot.refusal.code(), slot.refusal.getMessage());
        }
        VersionStatus.State state = slot.isLoaded() ? VersionStatus.State.LOADED : VersionStatus.State.LOADING;
        return new VersionStatus(version, state, aliases, null, null);
    }
}
