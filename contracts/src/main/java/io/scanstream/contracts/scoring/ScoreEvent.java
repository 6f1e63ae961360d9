package io.scanstream.contracts.scoring;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.scanstream.contracts.ErrorCode;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What became of a scan, on {@code scores}: each scan that was taken in has exactly one, and one more for each time that it
 * is replayed from the dead letters, where the latest counts.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
    @JsonSubTypes.Type(value = ScoreEvent.ScanScored.class, name = "ScanScored"),
    @JsonSubTypes.Type(value = ScoreEvent.ScanRejected.class, name = "ScanRejected")
})
public sealed interface ScoreEvent {
    ScanId scanId();

    /** The model that was asked for. */
    String model();

    Instant at();

    /** What the scan's bytes are to whoever sent them, such as {@code s3://bucket/key}; see {@link ScanHeaders#SUBJECT}. */
    @Nullable
    String source();

    /**
     * The model's answer.
     *
     * @param version the version that scored
     * @param probabilities by class, in the model's class order; they add up to 1. Of a segmenter, their means over the
     *     pixels
     * @param decision the class that is decided for: with a threshold the positive class from it on, else the most
     *     probable one. Of a segmenter, the class of most pixels
     * @param threshold the positive class's probability from which it is decided for, if the model carries one
     * @param refer whether a person should look at the scan, because the decision is less sure than the model's card asks
     *     for; absent where the model refers none
     * @param novelty how unlike the training images the scan is; absent where the model cannot tell
     * @param regions where the classes are; of a segmenter only
     * @param arm the alias that the model's traffic chose for this scan's headers or id, or on {@code scores.shadow} the shadow's;
     *     absent where the scan named its version or alias, and where nothing is split
     */
    record ScanScored(
            ScanId scanId,
            String model,
            String version,
            Map<String, Double> probabilities,
            String decision,
            @Nullable Double threshold,
            @Nullable Boolean refer,
            @Nullable Novelty novelty,
            Instant at,
            @Nullable Regions regions,
            @Nullable String arm,
            @Nullable String source)
            implements ScoreEvent {
        public ScanScored {
            probabilities = Collections.unmodifiableMap(new LinkedHashMap<>(probabilities));
        }

        /** An answer that no traffic split chose, to a scan whose sender said nothing of its source. */
        public ScanScored(
                ScanId scanId,
                String model,
                String version,
                Map<String, Double> probabilities,
                String decision,
                @Nullable Double threshold,
                Instant at,
                @Nullable Regions regions) {
            this(scanId, model, version, probabilities, decision, threshold, null, null, at, regions, null, null);
        }
    }

    /** No answer, and why. The scan itself is kept on {@code scans.dlq}, unless its deadline had passed. */
    record ScanRejected(
            ScanId scanId,
            String model,
            @Nullable String version,
            ErrorCode code,
            String reason,
            Instant at,
            @Nullable String source)
            implements ScoreEvent {
        /** Of a scan whose sender said nothing of its source. */
        public ScanRejected(
                ScanId scanId, String model, @Nullable String version, ErrorCode code, String reason, Instant at) {
            this(scanId, model, version, code, reason, at, null);
        }
    }
}
