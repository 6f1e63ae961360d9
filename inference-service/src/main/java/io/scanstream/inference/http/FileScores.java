package io.scanstream.inference.http;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.inference.model.ServingSet;
import io.scanstream.inference.scoring.Score;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The answer to a form: for each file, in order, its score or why it has none. */
public record FileScores(List<FileScore> scores) {
    public FileScores {
        scores = List.copyOf(scores);
    }

    /**
     * One file's.
     *
     * @param score its fields stand beside the file; absent with an error
     */
    public record FileScore(
            String file,
            @JsonUnwrapped @Nullable Score score,
            @Nullable Refusal error) {

        static FileScore of(String file, @Nullable Score score, @Nullable Throwable failure) {
            if (failure == null) {
                return new FileScore(file, score, null);
            }
            return ServingSet.cause(failure) instanceof ScanstreamException known
                    ? refused(file, known)
                    : refused(file, new ScanstreamException(ErrorCode.INTERNAL, "scoring failed: " + failure, failure));
        }

        static FileScore refused(String file, ScanstreamException reason) {
            return new FileScore(file, null, new Refusal(reason.code(), String.valueOf(reason.getMessage())));
        }
    }

    /** Why a file has no score. */
    public record Refusal(ErrorCode code, String message) {}
}
