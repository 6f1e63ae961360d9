package io.scanstream.inference.model;

/**
 * How a model is run.
 *
 * @param threads cores that one run occupies; as many runs go side by side as the cores allow
 * @param batches how many scans a run takes
 */
public record RunPlan(int threads, BatchSizes batches) {}
