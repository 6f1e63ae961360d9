package io.scanstream.inference.kafka;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.contracts.scoring.ScanId;
import io.scanstream.contracts.scoring.ScoreEvent;
import io.scanstream.contracts.scoring.ScoreEvent.ScanRejected;
import io.scanstream.contracts.scoring.ScoreEvent.ScanScored;
import io.scanstream.inference.deadletter.DeadLetterRecord;
import io.scanstream.inference.scoring.Score;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What became of one record.
 *
 * @param event for {@code scores}; absent for a repeat, and for a record without a scan id
 * @param rejection why there is no score; absent if there is one, and for a repeat
 * @param attempts how many processes tried
 * @param version that answered, or tried to; absent where none was found
 * @param since {@link System#nanoTime} when it was known
 */
record Outcome(
        ScanRecord scan,
        @Nullable ScoreEvent event,
        @Nullable ScanstreamException rejection,
        int attempts,
        @Nullable ModelVersion version,
        long since) {
    private Outcome(
            ScanRecord scan,
            @Nullable ScoreEvent event,
            @Nullable ScanstreamException rejection,
            int attempts,
            @Nullable ModelVersion version) {
        this(scan, event, rejection, attempts, version, System.nanoTime());
    }

    static Outcome repeat(ScanRecord scan) {
        return new Outcome(scan, null, null, 0, null);
    }

    /**
     * An answer.
     *
     * @param arm the alias that the model's traffic chose; absent where it chose none
     */
    static Outcome scored(ScanRecord scan, Score score, @Nullable String arm) {
        if (scan.id() == null) {
            throw new IllegalStateException("a record without a scan id was scored: " + scan.place());
        }
        ModelVersion version = new ModelVersion(score.model(), score.version());
        return new Outcome(scan, event(scan.id(), score, arm, scan.subject()), null, 1, version);
    }

    static ScanScored event(ScanId id, Score score, @Nullable String arm, @Nullable String source) {
        return new ScanScored(
                id,
                score.model(),
                score.version(),
                score.probabilities(),
                score.decision(),
                score.threshold(),
                score.refer(),
                score.novelty(),
                Instant.now(),
                score.regions(),
                arm,
                source);
    }

    /** A rejection before any version was found. */
    static Outcome rejected(ScanRecord scan, ScanstreamException reason, int attempts) {
        return rejected(scan, reason, attempts, null);
    }

    /**
     * A rejection.
     *
     * @param tried the version that could not score it; absent where none was found
     */
    static Outcome rejected(ScanRecord scan, ScanstreamException reason, int attempts, @Nullable ModelVersion tried) {
        if (scan.id() == null) {
            return new Outcome(scan, null, reason, attempts, tried);
        }
        String version = scan.ref() == null ? null : scan.ref().version();
        ScoreEvent event = new ScanRejected(
                scan.id(),
                scan.model(),
                version,
                reason.code(),
                DeadLetterRecord.shortened(reason),
                Instant.now(),
                scan.subject());
        return new Outcome(scan, event, reason, attempts, tried);
    }

    /** Whether the record goes to the dead letters: all that are rejected but for those that came too late. */
    boolean isDeadLetter() {
        return rejection != null && rejection.code() != ErrorCode.DEADLINE_EXPIRED;
    }
}
