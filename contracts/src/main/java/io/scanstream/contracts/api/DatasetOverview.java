package io.scanstream.contracts.api;

import java.util.List;

/**
 * A data set's name and what versions it has, oldest first: {@code GET /datasets} answers a list of these. For their
 * states see {@code GET /datasets/{name}}.
 */
public record DatasetOverview(String name, List<Integer> versions) {
    public DatasetOverview {
        versions = List.copyOf(versions);
    }
}
