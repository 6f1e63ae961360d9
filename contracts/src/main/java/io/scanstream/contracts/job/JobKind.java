package io.scanstream.contracts.job;

/** What a job does. */
public enum JobKind {
    /** Turns an upload into a data set version. */
    INGEST,
    /** Trains a recipe on a data set version and publishes a model. */
    TRAINING
}
