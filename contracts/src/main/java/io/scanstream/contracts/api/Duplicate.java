package io.scanstream.contracts.api;

/**
 * An image that is left out, an item of {@code GET /datasets/{name}/{version}/duplicates}.
 *
 * @param duplicateOf the path of the image with the same bytes that is used
 */
public record Duplicate(String path, String duplicateOf) {}
