package io.scanstream.inference.kafka;

import io.micrometer.core.instrument.MeterRegistry;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.contracts.scoring.ClaimTicket;
import io.scanstream.inference.model.LoadedModel;
import io.scanstream.inference.model.ModelRef;
import io.scanstream.inference.model.RoutedModel;
import io.scanstream.inference.model.ServingSet;
import io.scanstream.inference.scoring.Score;
import io.scanstream.inference.scoring.Scorer;
import io.scanstream.inference.scoring.Urgency;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * From a record to its outcome: finds the version that answers, fetches what a claim ticket stands for, and has it scored.
 *
 * <p>A scan waits for a version that is not in memory, but not for ever: offsets are committed in order, so one scan that
 * waits holds up its partition and, since its model's scans lie on all of them, the others' too. While the store answers it
 * waits {@code modelWait} and is then set aside; while the store does not answer, that is nothing that the model could help.
 */
public final class RecordScoring implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RecordScoring.class);

    private static final int FETCHERS = 8;
    private static final Duration MODEL_WAIT = Duration.ofMinutes(5);

    private final ServingSet serving;
    private final Scorer scorer;
    private final ClaimedScans claimed;
    private final Duration modelWait;
    private final EdgeStage fetchStage;
    private final Fetches fetches;
    private final StoreLooks storeLooks;

    /** Scores records of any topic, with eight fetchers; a model is waited for five minutes. */
    public RecordScoring(
            ServingSet serving, Scorer scorer, ClaimedScans claimed, long fetchedBytes, MeterRegistry metrics) {
        this(serving, scorer, claimed, FETCHERS, fetchedBytes, MODEL_WAIT, metrics);
    }

    /**
     * Scores records of any topic.
     *
     * @param fetchers scans that are fetched for claim tickets at once, at least 1; with several, some for urgent ones alone
     * @param fetchedBytes most bytes of fetched scans that are held at once; a single scan of each urgency is always allowed
     * @param modelWait how long a scan waits at most for a version that is not in memory
     */
    public RecordScoring(
            ServingSet serving,
            Scorer scorer,
            ClaimedScans claimed,
            int fetchers,
            long fetchedBytes,
            Duration modelWait,
            MeterRegistry metrics) {
        if (fetchers < 1 || modelWait.isNegative()) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST,
                    "scanstream.inference: fetchers " + fetchers + " is below 1, or model-wait " + modelWait
                            + " below 0.");
        }
        this.serving = serving;
        this.scorer = scorer;
        this.claimed = claimed;
        this.modelWait = modelWait;
        this.fetchStage = new EdgeStage(metrics, "fetch");
        this.fetches = new Fetches(fetchers, fetchedBytes);
        this.storeLooks = new StoreLooks(claimed.store());
    }

    /**
     * Scores a record. Returns at once.
     *
     * @param wanted asked before each stage; once it says no, or the scan's deadline has passed, the scan is not worked on
     *     any more
     * @return the outcome, or fails with a retryable {@link ScanstreamException} while something that it needs is down, with
     *     a {@link CancellationException} if it is not wanted any more, or with an {@link Error}, which is not the scan's
     */
    @SuppressWarnings("FutureReturnValueIgnored") // the nested one is composed at once
    CompletableFuture<Outcome> score(ScanRecord scan, Urgency urgency, BooleanSupplier wanted) {
        if (scan.mistake() != null) {
            return CompletableFuture.completedFuture(Outcome.rejected(scan, scan.mistake(), 1));
        }
        if (scan.ref() == null) {
            throw new IllegalStateException("a record has neither a model nor a mistake: " + scan.place());
        }
        if (scan.isLate()) {
            return CompletableFuture.completedFuture(late(scan, null));
        }
        Optional<String> arm;
        try {
            arm = arm(scan, scan.ref());
        } catch (ScanstreamException e) {
            return CompletableFuture.failedFuture(e);
        }
        Instant until = waitsUntil(scan);
        return acquire(scan, scan.ref(), arm, until)
                .handle((found, failure) -> found != null
                        ? score(scan, found, urgency, wanted)
                        : withoutModel(scan, ServingSet.cause(failure), until, wanted))
                .thenCompose(Function.identity());
    }

    private CompletableFuture<Outcome> score(
            ScanRecord scan, RoutedModel found, Urgency urgency, BooleanSupplier wanted) {
        ModelVersion version = found.model().version();
        BooleanSupplier inTime = () -> wanted.getAsBoolean() && !scan.isLate();
        CompletableFuture<Score> scored = scan.ticket() == null
                ? scorer.score(found.model(), scan.bytes(), urgency, inTime)
                : fetchAndScore(scan, found.model(), scan.ticket(), urgency, inTime);
        return scored.handle((score, failure) -> {
            if (score == null) {
                return rejected(scan, ServingSet.cause(failure), version, wanted);
            }
            scan.stages().reach(Stages.SCORED);
            return Outcome.scored(scan, score, found.arm());
        });
    }

    /** Until when the scan waits for its version: its deadline, or until the patience with a store that answers is over. */
    private Instant waitsUntil(ScanRecord scan) {
        Instant patience = patience(scan);
        Instant deadline = scan.deadline();
        return deadline != null && deadline.isBefore(patience) ? deadline : patience;
    }

    private Instant patience(ScanRecord scan) {
        Instant lastDown = storeLooks.lastDown();
        return (lastDown.isAfter(scan.takenAt()) ? lastDown : scan.takenAt()).plus(modelWait);
    }

    /**
     * What a scan comes to that got no version.
     *
     * @param until it waited for one
     */
    private CompletableFuture<Outcome> withoutModel(
            ScanRecord scan, Throwable failure, Instant until, BooleanSupplier wanted) {
        boolean waited = failure instanceof ScanstreamException reason && reason.code() == ErrorCode.DEADLINE_EXPIRED;
        if (scan.isLate() || (waited && until.equals(scan.deadline()))) {
            return CompletableFuture.completedFuture(late(scan, null));
        }
        if (!(failure instanceof ScanstreamException reason)
                || (!waited && reason.code() != ErrorCode.STORE_UNAVAILABLE)) {
            return CompletableFuture.completedFuture(rejected(scan, failure, null, wanted));
        }
        return storeLooks.look().thenApply(answers -> {
            Instant patience = patience(scan);
            boolean over = waited ? !patience.isAfter(until) : Instant.now().isAfter(patience);
            if (!answers || !over) {
                throw waited
                        ? new ScanstreamException(
                                ErrorCode.STORE_UNAVAILABLE,
                                "model " + scan.ref() + " is not loaded, and the object store did not answer.",
                                reason)
                        : reason;
            }
            return Outcome.rejected(
                    scan,
                    new ScanstreamException(
                            ErrorCode.MODEL_LOADING,
                            "model " + scan.ref() + " could not be loaded within " + modelWait
                                    + " (scanstream.inference.model-wait): " + reason.getMessage()
                                    + " Replay the scan when it can.",
                            reason),
                    1);
        });
    }

    private static Outcome late(ScanRecord scan, @Nullable ModelVersion version) {
        ScanstreamException late = new ScanstreamException(
                ErrorCode.DEADLINE_EXPIRED, "the scan was not scored by its deadline, " + scan.deadline() + ".");
        return Outcome.rejected(scan, late, 1, version);
    }

    /** The alias that the model's traffic chooses for the scan; empty where the scan chose, or nothing is split. */
    private Optional<String> arm(ScanRecord scan, ModelRef ref) {
        return scan.isChosen() || scan.id() == null
                ? Optional.empty()
                : serving.traffic().armOf(ref.model(), scan.id(), scan::header);
    }

    /** The version that the scan names, or else the arm of the model's traffic, or else the champion. */
    private CompletableFuture<RoutedModel> acquire(ScanRecord scan, ModelRef ref, Optional<String> arm, Instant until) {
        return RoutedModel.acquire(arm, ref, asked -> serving.acquire(asked, until))
                .thenApply(found -> {
                    scan.stages().reach(Stages.MODEL);
                    return found;
                });
    }

    private CompletableFuture<Score> fetchAndScore(
            ScanRecord scan, LoadedModel model, ClaimTicket ticket, Urgency urgency, BooleanSupplier wanted) {
        Fetches.Fetch fetch =
                fetches.begin(ticket.sizeBytes(), urgency, () -> fetched(model.version(), ticket), wanted);
        return fetch.bytes()
                .whenComplete((bytes, failure) -> {
                    if (failure == null) {
                        scan.stages().reach(Stages.FETCHED);
                    } else {
                        model.release();
                    }
                })
                .thenCompose(bytes -> scorer.score(model, bytes, urgency, wanted))
                .whenComplete((score, failure) -> fetch.release());
    }

    private byte[] fetched(ModelVersion version, ClaimTicket ticket) {
        long begun = System.nanoTime();
        try {
            return claimed.fetch(ticket);
        } finally {
            fetchStage.record(version, System.nanoTime() - begun);
        }
    }

    /**
     * What a scan that could not be scored comes to.
     *
     * @param wanted whether the scan itself still is; if so, work on it was broken off for its deadline
     */
    private static Outcome rejected(
            ScanRecord scan, Throwable failure, @Nullable ModelVersion version, BooleanSupplier wanted) {
        if (failure instanceof ScanstreamException reason) {
            if (reason.code().retryable()) {
                throw reason;
            }
            if (reason.code() == ErrorCode.INTERNAL && reason.getCause() instanceof Error error) {
                throw error;
            }
            return Outcome.rejected(scan, reason, 1, version);
        }
        if (failure instanceof CancellationException cancelled) {
            if (scan.isLate() && wanted.getAsBoolean()) {
                return late(scan, version);
            }
            throw cancelled;
        }
        if (failure instanceof Error error) {
            throw error;
        }
        LOG.error("Scoring {} failed for a reason of our own.", scan.place(), failure);
        return Outcome.rejected(
                scan, new ScanstreamException(ErrorCode.INTERNAL, "scoring failed: " + failure, failure), 1, version);
    }

    /** Drops what was measured of a version that is not in memory any more. */
    public void forget(ModelVersion version) {
        fetchStage.forget(version);
    }

    @Override
    public void close() {
        fetches.close();
        storeLooks.close();
    }
}
