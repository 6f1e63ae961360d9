package io.scanstream.inference.kafka;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.scoring.ClaimTicket;
import io.scanstream.inference.model.LoadedModel;
import io.scanstream.inference.model.ModelRef;
import io.scanstream.inference.model.RoutedModel;
import io.scanstream.inference.model.ServingSet;
import io.scanstream.inference.scoring.Score;
import io.scanstream.inference.scoring.Scorer;
import io.scanstream.inference.scoring.Urgency;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** From a record to its outcome: finds the version that answers, fetches what a claim ticket stands for, and has it scored. */
public final class RecordScoring implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RecordScoring.class);
    /** How many scans are fetched at once where nothing else is said. */
    private static final int FETCHERS = 8;

    private static final int UNIT_BYTES = 1 << 10;

    private final ServingSet serving;
    private final Scorer scorer;
    private final ClaimedScans claimed;
    private final Timer fetchTimer;
    private final int fetchUnits;
    private final Semaphore fetched;
    private final ExecutorService fetching;

    /** Scores records of any topic, with eight fetchers. */
    public RecordScoring(
            ServingSet serving, Scorer scorer, ClaimedScans claimed, long fetchedBytes, MeterRegistry metrics) {
        this(serving, scorer, claimed, FETCHERS, fetchedBytes, metrics);
    }

    /**
     * Scores records of any topic.
     *
     * @param fetchers scans that are fetched for claim tickets at once, at least 1
     * @param fetchedBytes most bytes of fetched scans that are held at once; a single scan is always allowed
     */
    public RecordScoring(
            ServingSet serving,
            Scorer scorer,
            ClaimedScans claimed,
            int fetchers,
            long fetchedBytes,
            MeterRegistry metrics) {
        if (fetchers < 1) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST, "scanstream.inference.fetchers: " + fetchers + " is below 1.");
        }
        this.serving = serving;
        this.scorer = scorer;
        this.claimed = claimed;
        this.fetchTimer =
                Timer.builder("scanstream.fetch").publishPercentileHistogram().register(metrics);
        this.fetchUnits = Math.toIntExact(Math.max(1, fetchedBytes / UNIT_BYTES));
        this.fetched = new Semaphore(fetchUnits);
        AtomicInteger number = new AtomicInteger();
        this.fetching = Executors.newFixedThreadPool(
                fetchers, task -> new Thread(task, "fetch-scan-" + number.incrementAndGet()));
    }

    /**
     * Scores a record. Returns at once.
     *
     * @param wanted asked before each stage; once it says no, the scan is not worked on any more
     * @return the outcome, or fails with a retryable {@link ScanstreamException} while something that it needs is down
     */
    CompletableFuture<Outcome> score(ScanRecord scan, Urgency urgency, BooleanSupplier wanted) {
        if (scan.mistake() != null) {
            return CompletableFuture.completedFuture(Outcome.rejected(scan, scan.mistake(), 1));
        }
        if (scan.ref() == null) {
            throw new IllegalStateException("a record has neither a model nor a mistake: " + scan.place());
        }
        Instant deadline = scan.deadline();
        if (deadline != null && Instant.now().isAfter(deadline)) {
            ScanstreamException late = new ScanstreamException(
                    ErrorCode.DEADLINE_EXPIRED, "the scan was taken up after its deadline, " + deadline + ".");
            return CompletableFuture.completedFuture(Outcome.rejected(scan, late, 1));
        }
        ClaimTicket ticket = scan.ticket();
        CompletableFuture<RoutedModel> acquired = acquire(scan, scan.ref(), deadline);
        CompletableFuture<Outcome> scored = ticket == null
                ? acquired.thenCompose(found -> scorer.score(found.model(), scan.bytes(), urgency, wanted)
                        .thenApply(score -> Outcome.scored(scan, score, found.arm())))
                : acquired.thenComposeAsync(
                        found -> fetchAndScore(scan, found.model(), ticket, urgency, wanted)
                                .thenApply(score -> Outcome.scored(scan, score, found.arm())),
                        fetching);
        return scored.whenComplete((outcome, failure) -> {
                    if (outcome != null) {
                        scan.stages().reach(Stages.SCORED);
                    }
                })
                .exceptionally(failure -> rejected(scan, failure));
    }

    /** The version that the scan names, or else the arm of the model's traffic, or else the champion. */
    private CompletableFuture<RoutedModel> acquire(ScanRecord scan, ModelRef ref, @Nullable Instant deadline) {
        Optional<String> arm;
        try {
            arm = scan.isChosen() || scan.id() == null
                    ? Optional.empty()
                    : serving.traffic().armOf(ref.model(), scan.id(), scan::header);
        } catch (ScanstreamException e) {
            return CompletableFuture.failedFuture(e);
        }
        return RoutedModel.acquire(arm, ref, asked -> serving.acquire(asked, deadline))
                .thenApply(found -> {
                    scan.stages().reach(Stages.MODEL);
                    return found;
                });
    }

    private CompletableFuture<Score> fetchAndScore(
            ScanRecord scan, LoadedModel model, ClaimTicket ticket, Urgency urgency, BooleanSupplier wanted) {
        int units = (int) Math.max(1, Math.min(fetchUnits, ticket.sizeBytes() / UNIT_BYTES));
        fetched.acquireUninterruptibly(units);
        byte[] bytes;
        try {
            bytes = Objects.requireNonNull(fetchTimer.record(() -> claimed.fetch(ticket)));
            scan.stages().reach(Stages.FETCHED);
        } catch (RuntimeException e) {
            fetched.release(units);
            model.release();
            return CompletableFuture.failedFuture(e);
        }
        return scorer.score(model, bytes, urgency, wanted).whenComplete((score, failure) -> fetched.release(units));
    }

    private static Outcome rejected(ScanRecord scan, Throwable failure) {
        if (ServingSet.cause(failure) instanceof ScanstreamException reason) {
            if (reason.code().retryable()) {
                throw reason;
            }
            return Outcome.rejected(scan, reason, 1);
        }
        if (ServingSet.cause(failure) instanceof CancellationException cancelled) {
            throw cancelled;
        }
        LOG.error("Scoring {} failed for a reason of our own.", scan.place(), failure);
        return Outcome.rejected(
                scan, new ScanstreamException(ErrorCode.INTERNAL, "scoring failed: " + failure, failure), 1);
    }

    @Override
    public void close() {
        fetching.shutdownNow();
    }
}
