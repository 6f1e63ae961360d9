package io.scanstream.contracts.api;

import io.scanstream.contracts.model.TrafficState;

/**
 * One entry of a model's traffic journal: the answer to {@code GET}, {@code PUT} and {@code DELETE
 * /models/{name}/traffic}.
 *
 * @param number in the journal, counts from 1
 */
public record TrafficChange(String model, int number, TrafficState state) {}
