package io.scanstream.contracts.api;

/** Where a data set version stands. */
public enum DatasetState {
    /** The upload has not arrived whole. */
    UPLOADING,
    /** A trainer reads the upload, or will. */
    VALIDATING,
    /** It can be trained on. */
    READY,
    /** It never will be; the reason says why. */
    FAILED
}
