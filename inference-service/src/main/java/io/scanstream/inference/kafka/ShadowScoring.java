package io.scanstream.inference.kafka;

import io.micrometer.core.instrument.MeterRegistry;
import io.scanstream.contracts.scoring.ClaimTicket;
import io.scanstream.contracts.scoring.ScoreEvent.ScanScored;
import io.scanstream.inference.model.LoadedModel;
import io.scanstream.inference.model.ModelRef;
import io.scanstream.inference.model.ServingSet;
import io.scanstream.inference.scoring.Score;
import io.scanstream.inference.scoring.Scorer;
import io.scanstream.inference.scoring.Urgency;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has scans that were answered scored once more, by the versions that shadow their model. Nothing of it can hold up, change
 * or fail an answer: it begins when the answer is committed, has a scorer and a thread of its own, loads no model, and drops
 * what it has no room for. Every shadow score is written at most once; what is dropped is counted, not tried again.
 */
public final class ShadowScoring implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ShadowScoring.class);

    /** Where shadow scores go. */
    interface Sink {
        /** Writes one; completes when it is written, or fails. May block, or throw. */
        CompletableFuture<Void> write(ScanScored score);

        default void close() {}
    }

    /** Why there is no shadow score, as the metric has it. */
    private enum Drop {
        BUSY,
        NOT_LOADED,
        FAILED,
        NOT_WRITTEN
    }

    private final ServingSet serving;
    private final Scorer scorer;
    private final ClaimedScans claimed;
    private final ShadowRoom room;
    private final Sink sink;
    private final MeterRegistry metrics;
    private final Set<Drop> warned = ConcurrentHashMap.newKeySet();
    private final ExecutorService worker = Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "shadow");
        thread.setDaemon(true);
        return thread;
    });

    /** An answered scan and the alias that shadows it. */
    private record Shadowed(ScanRecord scan, ScanScored answer, ModelRef shadow, ShadowRoom.Place place) {}

    /**
     * Shadows whatever the traffic of its model says.
     *
     * @param scorer no answers are made with it
     */
    ShadowScoring(
            ServingSet serving,
            Scorer scorer,
            ClaimedScans claimed,
            ShadowSettings settings,
            Sink sink,
            MeterRegistry metrics) {
        this.serving = serving;
        this.scorer = scorer;
        this.claimed = claimed;
        this.room = new ShadowRoom(settings.inFlight(), settings.bytes());
        this.sink = sink;
        this.metrics = metrics;
    }

    /**
     * Shadows to {@code scores.shadow}.
     *
     * @param scorer no answers are made with it
     */
    public static ShadowScoring toKafka(
            ServingSet serving,
            Scorer scorer,
            ClaimedScans claimed,
            ShadowSettings settings,
            KafkaSettings kafka,
            MeterRegistry metrics) {
        return new ShadowScoring(serving, scorer, claimed, settings, new ShadowWriter(kafka), metrics);
    }

    /** Takes up those of the committed answers that a version shadows. Returns at once. */
    void offer(List<Outcome> committed) {
        for (Outcome outcome : committed) {
            if (outcome.event() instanceof ScanScored answer) {
                for (String alias : serving.traffic().shadowsOf(answer.model())) {
                    offer(outcome.scan(), answer, new ModelRef(answer.model(), null, alias));
                }
            }
        }
    }

    private void offer(ScanRecord scan, ScanScored answer, ModelRef shadow) {
        ClaimTicket ticket = scan.ticket();
        Optional<ShadowRoom.Place> place = room.tryTake(ticket == null ? scan.bytes().length : ticket.sizeBytes());
        if (place.isEmpty()) {
            drop(shadow, Drop.BUSY, null);
            return;
        }
        try {
            worker.execute(() -> begin(new Shadowed(scan, answer, shadow, place.get())));
        } catch (RejectedExecutionException e) {
            // The service ends.
            place.get().leave();
            drop(shadow, Drop.BUSY, null);
        }
    }

    private void begin(Shadowed scan) {
        LoadedModel model = serving.acquireIfLoaded(scan.shadow()).orElse(null);
        if (model == null) {
            scan.place().leave();
            drop(scan.shadow(), Drop.NOT_LOADED, null);
            return;
        }
        if (model.version().version().equals(scan.answer().version())) {
            // It has answered the scan itself.
            model.release();
            scan.place().leave();
            return;
        }
        byte[] bytes;
        try {
            bytes = bytes(scan.scan());
        } catch (RuntimeException | Error e) {
            model.release();
            scan.place().leave();
            drop(scan.shadow(), Drop.FAILED, e);
            return;
        }
        var unused = scorer.score(model, bytes, Urgency.ROUTINE)
                .whenCompleteAsync((score, failure) -> end(scan, score, failure), worker);
    }

    private byte[] bytes(ScanRecord scan) {
        ClaimTicket ticket = scan.ticket();
        return ticket == null ? scan.bytes() : claimed.fetch(ticket);
    }

    private void end(Shadowed scan, @Nullable Score score, @Nullable Throwable failure) {
        if (score == null) {
            scan.place().leave();
            drop(scan.shadow(), Drop.FAILED, failure);
            return;
        }
        boolean agrees = score.decision().equals(scan.answer().decision());
        metrics.counter(
                        "scanstream.shadow.scored",
                        "model",
                        score.model(),
                        "version",
                        scan.answer().version(),
                        "shadow",
                        score.version(),
                        "agrees",
                        Boolean.toString(agrees))
                .increment();
        CompletableFuture<Void> written;
        try {
            written = sink.write(Outcome.event(
                    scan.answer().scanId(),
                    score,
                    scan.shadow().alias(),
                    scan.answer().source()));
        } catch (RuntimeException e) {
            written = CompletableFuture.failedFuture(e);
        }
        var unused = written.whenComplete((done, lost) -> {
            scan.place().leave();
            if (lost != null) {
                drop(scan.shadow(), Drop.NOT_WRITTEN, lost);
            }
        });
    }

    private void drop(ModelRef shadow, Drop why, @Nullable Throwable failure) {
        metrics.counter(
                        "scanstream.shadow.dropped",
                        "model",
                        shadow.model(),
                        "reason",
                        why.name().toLowerCase(Locale.ROOT))
                .increment();
        if (failure != null && warned.add(why)) {
            LOG.warn(
                    "No score of the shadow {} for a scan ({}); from now on that is only counted.",
                    shadow,
                    why,
                    failure);
        }
    }

    /** Drops what is under way. */
    @Override
    public void close() {
        worker.shutdownNow();
        sink.close();
    }
}
