package io.scanstream.inference.model;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.model.ModelVersion;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The versions that this process serves: one for each alias, and the latest few that scans named themselves. One thread
 * lists the store and loads, a version at a time, beside those that serve; a version that is refused never serves, and the
 * one before stays. A version that is no longer needed leaves once its last run has ended.
 *
 * <p>Where {@link ModelMemory} has a limit, the pinned versions are loaded first and then those of the aliases that changed
 * last, as far as there is room; the others are loaded when a scan asks for them, and then those that were not used for
 * longest leave. A version that takes over from one in memory is loaded beside it, whatever the limit.
 */
public final class ServingSet implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ServingSet.class);
    private static final Duration RETRY = Duration.ofSeconds(2);

    /** Is told what becomes of versions; on the loading thread. */
    public interface Listener {
        /** A version was refused; once. */
        void refused(ModelVersion version, ScanstreamException reason);

        /** A version that was in memory is not any more, no alias means it, and its last run has ended. */
        default void forgotten(ModelVersion version) {}
    }

    private final PublishedModels published;
    private final int mostNamed;
    private final Duration interval;
    private final ScheduledThreadPoolExecutor loading;
    private final LoadedVersions versions;
    private final AtomicBoolean nudged = new AtomicBoolean();
    private final Object lock = new Object();
    private final ServedAliases served;
    private final ModelMemory memory;
    private final TrafficRules traffic = new TrafficRules();
    private final Map<ModelRef, CompletableFuture<ModelVersion>> lookups = new HashMap<>();
    private volatile boolean listed;
    private volatile Set<ModelVersion> withdrawn = Set.of();
    /** Until the next listing: the interval, or less while something is missing that may be had soon. */
    private volatile Duration pause = RETRY;

    /** Without a limit to memory. */
    public ServingSet(PublishedModels published, int mostNamed, Duration interval, Listener listener) {
        this(published, mostNamed, interval, listener, ModelMemory.unlimited());
    }

    /**
     * Starts empty; {@link #start} begins to list the store.
     *
     * @param mostNamed how many versions that serve no alias are kept
     * @param interval between two looks at the store
     */
    public ServingSet(
            PublishedModels published, int mostNamed, Duration interval, Listener listener, ModelMemory memory) {
        this.published = published;
        this.memory = memory;
        this.mostNamed = mostNamed;
        this.interval = interval;
        this.loading = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, "models");
            thread.setDaemon(true);
            return thread;
        });
        this.versions = new LoadedVersions(published, loading, listener, lock, memory);
        this.served = new ServedAliases(published, versions, memory, lock);
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

    /**
     * Whether the store was listed once, and every alias there was is warm or refused, has no room, or has a package that the
     * store did not give while it gave others.
     */
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
        // Its timer goes when the model comes; another would hold the model until the deadline.
        return bounded.orTimeout(left, TimeUnit.MILLISECONDS)
                .exceptionallyCompose(failure -> CompletableFuture.failedFuture(
                        failure instanceof TimeoutException
                                ? new ScanstreamException(
                                        ErrorCode.DEADLINE_EXPIRED,
                                        "model " + ref + " was not loaded by " + deadline + ".")
                                : failure));
    }

    /**
     * A version that an alias means, if it is in memory now. Nothing is loaded for its sake, and it does not stay for it. The
     * caller calls {@link LoadedModel#release} when it is done.
     */
    public Optional<LoadedModel> acquireIfLoaded(ModelRef alias) {
        synchronized (lock) {
            return Optional.ofNullable(served.version(alias)).flatMap(versions::acquireIfLoaded);
        }
    }

    /** How scans are split among aliases. */
    public TrafficRules traffic() {
        return traffic;
    }

    private CompletableFuture<LoadedModel> acquire(ModelRef ref) {
        if (ref.version() != null) {
            CompletableFuture<LoadedModel> named = versions.acquire(new ModelVersion(ref.model(), ref.version()), true);
            if (!named.isDone()) {
                // Once it is loaded, another one may have to go.
                loading.execute(this::retire);
            }
            return named;
        }
        synchronized (lock) {
            ModelVersion version = served.version(ref);
            if (version != null) {
                return versions.acquire(version, false);
            }
            CompletableFuture<ModelVersion> lookup = lookups.get(ref);
            if (lookup == null) {
                CompletableFuture<ModelVersion> begun = new CompletableFuture<>();
                lookups.put(ref, begun);
                loading.execute(() -> lookUp(ref, begun));
                lookup = begun;
            }
            return lookup.thenCompose(found -> versions.acquire(found, false));
        }
    }

    private void listAndAgain() {
        try {
            list();
        } finally {
            if (!loading.isShutdown()) {
                var unused = loading.schedule(this::listAndAgain, pause.toMillis(), TimeUnit.MILLISECONDS);
            }
        }
    }

    private Duration doubled(Duration before) {
        Duration longer = before.equals(interval) ? RETRY : before.multipliedBy(2);
        return longer.compareTo(interval) < 0 ? longer : interval;
    }

    private void list() {
        try {
            traffic.update(published.traffic());
            Failures failures = new Failures();
            loadPinned(failures);
            PublishedModels.Aliased aliased = published.aliases();
            withdrawn = aliased.withdrawn();
            served.serveAsFarAsThereIsRoom(aliased, failures);
            warnOfMissing(aliased.meanings());
            retire();
            failures.requireAnswers();
            pause = failures.areNone() ? interval : doubled(pause);
            listed = true;
        } catch (ScanstreamException e) {
            LOG.warn("The models could not be listed ({}): {}", e.code(), e.getMessage());
        } catch (RuntimeException e) {
            LOG.error("The models could not be listed.", e);
        }
    }

    /**
     * What the store does not give of one version is no reason to do without the others. A store that gives nothing several
     * times in a row, or nothing at all, is down, and no listing.
     */
    static final class Failures {
        private static final int MOST_IN_A_ROW = 3;

        private @Nullable ScanstreamException last;
        private int inARow;
        private boolean isAnswered;

        boolean areNone() {
            return last == null;
        }

        /** Something was had from the store, or was there already. */
        void none() {
            inARow = 0;
            isAnswered = true;
        }

        /**
         * Something failed that may be had soon.
         *
         * @throws ScanstreamException the reason, where it is taken for the store's
         */
        void add(Object what, ScanstreamException reason) {
            LOG.warn("{} is tried again soon ({}): {}", what, reason.code(), reason.getMessage());
            last = reason;
            if (++inARow == MOST_IN_A_ROW) {
                throw reason;
            }
        }

        /** Throws what failed if nothing else was had. */
        void requireAnswers() {
            if (last != null && !isAnswered) {
                throw last;
            }
        }
    }

    private void warnOfMissing(List<PublishedModels.Meaning> aliases) {
        Set<ModelRef> missing = traffic.aliases();
        aliases.stream().filter(alias -> alias.version() != null).forEach(alias -> missing.remove(alias.alias()));
        missing.forEach(alias ->
                LOG.warn("The traffic of model {} names {}, which means nothing.", alias.model(), alias.alias()));
    }

    private void retire() {
        Set<ModelVersion> needed = served.versions();
        needed.addAll(memory.pins().versions());
        needed.removeAll(withdrawn);
        versions.retire(needed, withdrawn, mostNamed);
        versions.forget(served.aliases().keySet());
    }

    private void loadPinned(Failures failures) {
        for (ModelVersion version : memory.pins().versions()) {
            ScanstreamException failure = versions.load(version, Set.of()).orElse(null);
            if (failure != null && failure.code().retryable()) {
                failures.add("Model " + version, failure);
                continue;
            }
            failures.none();
            if (failure != null && failure.code() != ErrorCode.MODEL_NOT_VERIFIED) {
                LOG.warn("Model {} is pinned and cannot be had: {}", version, failure.getMessage());
            }
        }
    }

    private void lookUp(ModelRef alias, CompletableFuture<ModelVersion> answer) {
        Runnable tell;
        try {
            ModelVersion version = served.serve(alias);
            tell = () -> answer.complete(version);
        } catch (RuntimeException e) {
            tell = () -> answer.completeExceptionally(e);
        }
        synchronized (lock) {
            lookups.remove(alias);
        }
        // Its stages run here, before this thread can retire the version.
        tell.run();
    }

    /** Every version that this process knows, sorted. */
    public List<VersionStatus> status() {
        synchronized (lock) {
            return versions.status(served.aliases());
        }
    }

    /** What the versions in memory are counted as, in bytes. */
    public long usedBytes() {
        return versions.usedBytes();
    }

    /** How many versions have left memory for others. */
    public long evictions() {
        return versions.evictions();
    }

    /** What a stage of a future failed with. */
    public static Throwable cause(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }

    /** Ends the loading thread and drops every version; those in use leave with their last run. */
    @Override
    public void close() {
        loading.shutdownNow();
        served.clear();
        versions.retire(Set.of(), Set.of(), 0);
    }
}
