package io.scanstream.access.http;

import io.scanstream.contracts.api.ApiProblem;

/** How a service writes what it refuses. */
@FunctionalInterface
public interface RefusalForm {
    /** Puts a problem into the form that an address answers in. */
    Body of(String path, ApiProblem problem);

    /** A body and its media type. */
    record Body(String mediaType, String text) {}
}
