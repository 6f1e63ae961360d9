package io.scanstream.contracts.dataset;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Names;
import io.scanstream.contracts.ScanstreamException;

/**
 * One immutable version of a data set.
 *
 * @param version counts from 1
 */
public record DatasetVersion(String name, int version) {
    public DatasetVersion {
        Names.require("dataset.name", name);
        if (version < 1) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST, "dataset.version: " + version + " is below 1, the first version.");
        }
    }

    @Override
    public String toString() {
        return name + "/" + version;
    }
}
