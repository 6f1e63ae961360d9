package io.scanstream.inference.model;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.model.ModelVersion;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The versions that this process holds: the one that serves each alias, and the latest few that scans named themselves.
 * One thread lists the store and loads, a version at a time, beside those that serve; a version that is refused never
 * serves, and the one before stays. A version that is no longer needed leaves once its last run has ended.
 */
public final class ServingSet implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ServingSet.class);
    private static final Duration RETRY = Duration.ofSeconds(2);

    /** Is told of each version that was refused, once. */
    public interface RefusalListener {
        void refused(ModelVersion version, ScanstreamException reason);
    }

    private static final class Slot {
        final CompletableFuture<LoadedModel> loaded = new CompletableFuture<>();
        boolean named;
        long lastUse;

        @Nullable
        ScanstreamException refusal;
    }

    private final PublishedModels published;
    private final RefusalListener refusals;
    private final int mostNamed;
    private final Duration interval;
    private final ScheduledThreadPoolExecutor loading;
    private final AtomicBoolean nudged = new AtomicBoolean();
    private final Map<ModelVersion, Slot> slots = new LinkedHashMap<>();
    private final Map<ModelRef, ModelVersion> serving = new HashMap<>();
    private final Map<ModelRef, CompletableFuture<ModelVersion>> lookups = new HashMap<>();
    private long uses;
    private volatile boolean listed;

    /**
     * Starts empty; {@link #start} begins to list the store.
     *
     * @param mostNamed how many versions that serve no alias are kept
     * @param interval between two looks at the store
     */
    public ServingSet(PublishedModels published, int mostNamed, Duration interval, RefusalListener refusals) {
        this.published = published;
        this.mostNamed = mostNamed;
        this.interval = interval;
        this.refusals = refusals;
        this.loading = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, "models");
            thread.setDaemon(true);
            return thread;
        });
        loading.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    /** Begins to list the store, now and at every interval, sooner while it does not answer. */
    public void start() {
        loading.execute(this::listAndAgain);
    }

    /** Something may have changed: looks soon. */
    public void nudge() {
        if (!nudged.getAndSet(true)) {
            loading.execute(() -> {
                nudged.set(false);
                list();
            });
        }
    }

    /** Whether the store was listed once, and every alias there was is warm or refused. */
    public boolean ready() {
        return listed;
    }

    /**
     * A version to score with; the caller calls {@link LoadedModel#release} when it is done. Versions that are published
     * but not in memory are loaded first. Stages that hang on the result may run on the loading thread and must not block.
     *
     * @param deadline how long to wait at most; absent: as long as it takes
     * @return or fails with {@code UNKNOWN_MODEL} if the store has no such thing, {@code MODEL_NOT_VERIFIED}, {@code
     *     STORE_UNAVAILABLE}, or {@code DEADLINE_EXPIRED}
     */
    public CompletableFuture<LoadedModel> acquire(ModelRef ref, @Nullable Instant deadline) {
        CompletableFuture<LoadedModel> found = acquire(ref);
        if (deadline == null || found.isDone()) {
            return found;
        }
        CompletableFuture<LoadedModel> bounded = new CompletableFuture<>();
        var unused = found.whenComplete((model, failure) -> {
            if (failure != null) {
                bounded.completeExceptionally(failure);
            } else if (!bounded.complete(model)) {
                model.release();
            }
        });
        long left = Math.max(0, Duration.between(Instant.now(), deadline).toMillis());
        CompletableFuture.delayedExecutor(left, TimeUnit.MILLISECONDS)
                .execute(() -> bounded.completeExceptionally(new ScanstreamException(
                        ErrorCode.DEADLINE_EXPIRED, "model " + ref + " was not loaded by " + deadline + ".")));
        return bounded;
    }

    private synchronized CompletableFuture<LoadedModel> acquire(ModelRef ref) {
        if (ref.version() != null) {
            return acquire(new ModelVersion(ref.model(), ref.version()), true);
        }
        ModelVersion version = serving.get(ref);
        if (version != null) {
            return acquire(version, false);
        }
        CompletableFuture<ModelVersion> lookup = lookups.get(ref);
        if (lookup == null) {
            CompletableFuture<ModelVersion> begun = new CompletableFuture<>();
            lookups.put(ref, begun);
            loading.execute(() -> lookUp(ref, begun));
            lookup = begun;
        }
        return lookup.thenCompose(found -> acquire(found, false));
    }

    private synchronized CompletableFuture<LoadedModel> acquire(ModelVersion version, boolean named) {
        Slot slot = slots.get(version);
        if (slot == null) {
            slot = new Slot();
            slots.put(version, slot);
            loading.execute(() -> {
                load(version);
                retire();
            });
        }
        slot.named |= named;
        slot.lastUse = ++uses;
        return slot.loaded.thenApply(LoadedModel::acquire);
    }

    private void listAndAgain() {
        try {
            list();
        } finally {
            if (!loading.isShutdown()) {
                Duration pause = listed ? interval : RETRY;
                var unused = loading.schedule(this::listAndAgain, pause.toMillis(), TimeUnit.MILLISECONDS);
            }
        }
    }

    private void list() {
        try {
            List<ModelRef> aliases = published.aliases();
            for (ModelRef alias : aliases) {
                serveIfAccepted(alias);
            }
            forgetOthers(aliases);
            retire();
            listed = true;
        } catch (ScanstreamException e) {
            LOG.warn("The models could not be listed ({}): {}", e.code(), e.getMessage());
        } catch (RuntimeException e) {
            LOG.error("The models could not be listed.", e);
        }
    }

    private void serveIfAccepted(ModelRef alias) {
        try {
            serve(alias);
        } catch (ScanstreamException e) {
            if (e.code().retryable()) {
                throw e;
            }
            LOG.debug("{} is not served: {}", alias, e.getMessage());
        }
    }

    private void lookUp(ModelRef alias, CompletableFuture<ModelVersion> answer) {
        try {
            ModelVersion version = serve(alias);
            synchronized (this) {
                lookups.remove(alias);
            }
            // Its stages run here, before this thread can retire the version.
            answer.complete(version);
        } catch (RuntimeException e) {
            synchronized (this) {
                lookups.remove(alias);
            }
            answer.completeExceptionally(e);
        }
    }

    /** Lets the best version that is accepted serve the alias; if all are refused, the one that serves stays. */
    private ModelVersion serve(ModelRef alias) {
        ModelVersion current = published.current(alias).orElse(null);
        if (current != null && isServing(alias, current)) {
            return current;
        }
        List<ModelVersion> candidates = published.candidates(alias);
        ScanstreamException refusal = null;
        for (ModelVersion candidate : candidates) {
            ScanstreamException failure = load(candidate);
            if (failure == null) {
                use(alias, candidate);
                return candidate;
            }
            if (failure.code().retryable()) {
                throw failure;
            }
            refusal = refusal == null ? failure : refusal;
        }
        synchronized (this) {
            ModelVersion before = candidates.isEmpty() ? serving.remove(alias) : serving.get(alias);
            if (before != null && refusal != null) {
                return before;
            }
        }
        throw refusal != null
                ? refusal
                : new ScanstreamException(
                        ErrorCode.UNKNOWN_MODEL,
                        "model " + alias.model() + " has no " + alias.alias() + ". Publish one, or name a version.");
    }

    private synchronized boolean isServing(ModelRef alias, ModelVersion version) {
        return version.equals(serving.get(alias));
    }

    private synchronized void use(ModelRef alias, ModelVersion version) {
        ModelVersion before = serving.put(alias, version);
        if (!version.equals(before)) {
            LOG.info("Model {} serves {}{}.", version, alias, before == null ? "" : " in place of " + before.version());
        }
    }

    /** Loads a version unless that was done or refused before; on the loading thread only. Null: it is loaded. */
    private @Nullable ScanstreamException load(ModelVersion version) {
        Slot slot;
        synchronized (this) {
            slot = slots.computeIfAbsent(version, absent -> new Slot());
        }
        if (slot.loaded.isDone()) {
            return slot.refusal;
        }
        try {
            LoadedModel model = published.load(version);
            LOG.info("Model {} is verified and warm.", version);
            slot.loaded.complete(model);
            return null;
        } catch (ScanstreamException e) {
            fail(version, slot, e);
            return e;
        } catch (RuntimeException e) {
            ScanstreamException defect =
                    new ScanstreamException(ErrorCode.MODEL_NOT_VERIFIED, "model " + version + ": " + e, e);
            fail(version, slot, defect);
            return defect;
        }
    }

    private void fail(ModelVersion version, Slot slot, ScanstreamException reason) {
        boolean refused = reason.code() == ErrorCode.MODEL_NOT_VERIFIED;
        synchronized (this) {
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
    }

    private synchronized void forgetOthers(List<ModelRef> aliases) {
        serving.keySet().retainAll(aliases);
    }

    /** Drops what serves no alias and is not among the latest that were named. */
    private void retire() {
        List<LoadedModel> leaving = new ArrayList<>();
        synchronized (this) {
            Set<ModelVersion> kept = new HashSet<>(serving.values());
            slots.entrySet().stream()
                    .filter(slot -> slot.getValue().named && !kept.contains(slot.getKey()) && isLoaded(slot.getValue()))
                    .sorted(Comparator.comparingLong(slot -> -slot.getValue().lastUse))
                    .limit(mostNamed)
                    .map(Map.Entry::getKey)
                    .toList()
                    .forEach(kept::add);
            for (ModelVersion version : List.copyOf(slots.keySet())) {
                Slot slot = slots.get(version);
                if (slot != null && isLoaded(slot) && !kept.contains(version)) {
                    slots.remove(version);
                    leaving.add(slot.loaded.join());
                }
            }
        }
        leaving.forEach(LoadedModel::release);
    }

    private static boolean isLoaded(Slot slot) {
        return slot.loaded.isDone() && !slot.loaded.isCompletedExceptionally();
    }

    /** Every version that this process knows, sorted. */
    public synchronized List<VersionStatus> status() {
        return slots.entrySet().stream()
                .map(entry -> status(entry.getKey(), entry.getValue()))
                .sorted(Comparator.comparing(status -> status.model().toString()))
                .toList();
    }

    private VersionStatus status(ModelVersion version, Slot slot) {
        List<String> aliases = serving.entrySet().stream()
                .filter(entry -> entry.getValue().equals(version))
                .map(entry -> entry.getKey().alias())
                .sorted()
                .toList();
        VersionStatus.State state = slot.refusal != null
                ? VersionStatus.State.REFUSED
                : isLoaded(slot) ? VersionStatus.State.LOADED : VersionStatus.State.LOADING;
        return new VersionStatus(
                version,
                state,
                aliases,
                slot.refusal == null ? null : slot.refusal.code(),
                slot.refusal == null ? null : slot.refusal.getMessage());
    }

    /** What a stage of a future failed with. */
    public static Throwable cause(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }

    /** Ends the loading thread and drops every version; those in use leave with their last run. */
    @Override
    public void close() {
        loading.shutdownNow();
        List<LoadedModel> leaving;
        synchronized (this) {
            leaving = slots.values().stream()
                    .filter(ServingSet::isLoaded)
                    .map(slot -> slot.loaded.join())
                    .toList();
            slots.clear();
            serving.clear();
        }
        leaving.forEach(LoadedModel::release);
    }
}
