package io.scanstream.inference.model;

/**
 * How a model is run.
 *
 * @param threads cores that one run occupies; as many runs go side by side as the cores allow
 * @param threadsAlone cores that the run of a scan occupies when there is nothing else to do, at least {@code threads}
 * @param batches how many scans a run takes
 */
public record RunPlan(int threads, int threadsAlone, BatchSizes batches) {}
