package io.scanstream.contracts.model;

import io.scanstream.contracts.dataset.DatasetVersion;
import io.scanstream.contracts.job.JobId;
import java.time.Instant;

/**
 * That a version was trained on a data set version with scans of a subject who was excluded since, {@code
 * notices/<model>/<version>/excluded-<exclusion>.json}. What the model has learned of them is in it still.
 *
 * @param dataset what it was trained on
 */
public record ExclusionNotice(JobId exclusion, DatasetVersion dataset, Instant at) {}
