package io.scanstream.contracts.job;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.TimeOrderedId;
import java.util.UUID;

/** A job's id: a UUID version 7, so that ids sort by the time they were made. */
public record JobId(@JsonValue UUID value) implements Comparable<JobId> {

    @JsonCreator
    public static JobId of(String text) {
        try {
            return new JobId(UUID.fromString(text));
        } catch (IllegalArgumentException e) {
            throw new ScanstreamException(ErrorCode.INVALID_REQUEST, "job id: '" + text + "' is not a UUID.", e);
        }
    }

    public static JobId next() {
        return new JobId(TimeOrderedId.next());
    }

    @Override
    public int compareTo(JobId other) {
        return toString().compareTo(other.toString());
    }

    @Override
    public String toString() {
        return value.toString();
    }
}
