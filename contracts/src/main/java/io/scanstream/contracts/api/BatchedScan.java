package io.scanstream.contracts.api;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.scoring.ScanId;
import org.jspecify.annotations.Nullable;

/**
 * What became of one file: {@code POST /scans/batch} answers a list of these, one for each file, in order. A file has
 * either an id or an error.
 *
 * @param file the name that the request gave it
 */
public record BatchedScan(
        String file, @Nullable ScanId id, @Nullable Refusal error) {

    /** Why a file was not taken in. */
    public record Refusal(ErrorCode code, String message) {}
}
