package io.scanstream.contracts.scoring;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.TimeOrderedId;
import java.util.UUID;

/** A scan's id: a UUID version 7, so that ids sort by the time they were made. */
public record ScanId(@JsonValue UUID value) {

    @JsonCreator
    public static ScanId of(String text) {
        try {
            return new ScanId(UUID.fromString(text));
        } catch (IllegalArgumentException e) {
            throw new ScanstreamException(ErrorCode.INVALID_REQUEST, "scan id: '" + text + "' is not a UUID.", e);
        }
    }

    public static ScanId next() {
        return new ScanId(TimeOrderedId.next());
    }

    @Override
    public String toString() {
        return value.toString();
    }
}
