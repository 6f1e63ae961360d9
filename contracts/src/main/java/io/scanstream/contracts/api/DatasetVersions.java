package io.scanstream.contracts.api;

import java.util.List;

/** Every version of a data set, oldest first: the answer to {@code GET /datasets/{name}}. */
public record DatasetVersions(String name, List<DatasetView> versions) {
    public DatasetVersions {
        versions = List.copyOf(versions);
    }
}
