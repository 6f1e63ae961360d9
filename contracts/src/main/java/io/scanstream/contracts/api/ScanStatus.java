package io.scanstream.contracts.api;

/** What is known of a scan. */
public enum ScanStatus {
    /** Taken in, and no answer yet. */
    PENDING,
    SCORED,
    /** Answered without a score; the reason says why. */
    REJECTED
}
