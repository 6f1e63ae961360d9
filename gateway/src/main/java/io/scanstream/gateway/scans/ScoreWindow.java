package io.scanstream.gateway.scans;

import io.scanstream.contracts.Json;
import io.scanstream.contracts.TimeOrderedId;
import io.scanstream.contracts.scoring.ScanId;
import io.scanstream.contracts.scoring.ScoreEvent;
import io.scanstream.gateway.messaging.Broadcast;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The scores of the newest scans in memory: some 400 bytes each, with a mask up to 256 KiB. Newest by the scans' own time, so that every replica
 * keeps the same ones in whatever order it read the topic. Thread-safe.
 */
public final class ScoreWindow {
    /** A clock that is further ahead than this made an id that would stay for ever. */
    private static final Duration FURTHEST_AHEAD = Duration.ofHours(1);

    /** What the scores may take on average; where masks take more, fewer are kept. */
    private static final long BYTES_EACH = 1024;

    private static final long LEAST_BYTES = 16L << 20;

    private final int capacity;
    private final long mostBytes;
    private long bytes;
    /** Scores as JSON, by id: UUIDs of version 7 compare by time. */
    private final TreeMap<UUID, byte[]> scores = new TreeMap<>();

    private final Map<ScanId, List<Waiter>> waiting = new ConcurrentHashMap<>();
    private final Broadcast<ScoreEvent> live = new Broadcast<>();
    private Instant horizon = Instant.MIN;

    /**
     * An empty window.
     *
     * @param capacity scores that are kept, at least 1
     */
    public ScoreWindow(int capacity) {
        this.capacity = capacity;
        this.mostBytes = Math.max(LEAST_BYTES, capacity * BYTES_EACH);
    }

    /**
     * Takes in a score; one that is known already changes nothing and is not told again. Of two for one scan, which was
     * replayed from the dead letters, the later one counts, in whatever order they come.
     */
    public void saw(ScoreEvent score) {
        if (!keep(score)) {
            return;
        }
        List<Waiter> waiters = waiting.remove(score.scanId());
        if (waiters != null) {
            waiters.forEach(waiter -> waiter.score.complete(score));
        }
        live.publish(score);
    }

    private synchronized boolean keep(ScoreEvent score) {
        UUID id = score.scanId().value();
        Instant time = TimeOrderedId.timeOf(id);
        boolean usable = id.version() == 7 && time.isBefore(Instant.now().plus(FURTHEST_AHEAD));
        if (!usable || !time.isAfter(horizon)) {
            return true;
        }
        byte[] json = Json.bytes(score);
        byte[] known = scores.get(id);
        if (known != null
                && !score.at().isAfter(Json.read(known, ScoreEvent.class).at())) {
            return false;
        }
        scores.put(id, json);
        bytes += json.length - (known == null ? 0 : known.length);
        while (scores.size() > capacity || bytes > mostBytes) {
            forgetUpTo(TimeOrderedId.timeOf(scores.firstKey()));
        }
        return true;
    }

    /** Nothing is known of scans up to a moment: the topic was not read as far back. */
    public synchronized void forgetUpTo(Instant moment) {
        if (moment.isAfter(horizon)) {
            horizon = moment;
            while (!scores.isEmpty() && !TimeOrderedId.timeOf(scores.firstKey()).isAfter(moment)) {
                bytes -= scores.pollFirstEntry().getValue().length;
            }
        }
    }

    /** The moment up to which the scores of scans are forgotten. */
    synchronized Instant horizon() {
        return horizon;
    }

    public synchronized int size() {
        return scores.size();
    }

    /** The score of a scan, if it is among those in memory. */
    public Optional<ScoreEvent> find(ScanId id) {
        byte @Nullable [] json;
        synchronized (this) {
            json = scores.get(id.value());
        }
        return Optional.ofNullable(json).map(found -> Json.read(found, ScoreEvent.class));
    }

    /** The score when it comes, or empty if it has not by then. */
    CompletableFuture<Optional<ScoreEvent>> await(ScanId id, Duration patience) {
        Waiter waiter = new Waiter();
        waiting.compute(id, (any, list) -> {
            List<Waiter> waiters = list == null ? new CopyOnWriteArrayList<>() : list;
            waiters.add(waiter);
            return waiters;
        });
        // It may have come just before.
        find(id).ifPresent(waiter.score::complete);
        return waiter.score
                .<Optional<ScoreEvent>>thenApply(Optional::of)
                .completeOnTimeout(Optional.empty(), patience.toMillis(), TimeUnit.MILLISECONDS)
                .whenComplete((score, failure) -> waiting.computeIfPresent(id, (any, list) -> {
                    list.remove(waiter);
                    return list.isEmpty() ? null : list;
                }));
    }

    /** Told apart by who waits, not by what for. */
    private static final class Waiter {
        private final CompletableFuture<ScoreEvent> score = new CompletableFuture<>();
    }

    /** Listens to scores as they come, until the handle is run. */
    Runnable listen(Consumer<ScoreEvent> listener) {
        return live.listen(listener);
    }
}
