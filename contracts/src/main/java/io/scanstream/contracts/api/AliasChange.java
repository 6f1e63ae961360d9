package io.scanstream.contracts.api;

import io.scanstream.contracts.model.AliasState;

/**
 * One entry of an alias's journal: the answer to {@code POST /models/{name}/{version}/promote} and {@code POST
 * /models/{name}/rollback}; {@code GET /models/{name}/history} answers a list of these, newest first.
 *
 * @param number in the journal, counts from 1
 */
public record AliasChange(String model, String alias, int number, AliasState state) {}
