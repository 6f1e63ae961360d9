package io.scanstream.contracts.job;

/** Where a job stands. The last three are ends: a journal whose head is one of them takes no further entry. */
public enum JobStatus {
    /** Nobody works on it: new, or put back at the end of a slice. */
    QUEUED,
    /** A trainer owns it, for as long as it renews its lease. */
    RUNNING,
    SUCCEEDED,
    FAILED,
    CANCELLED;

    public boolean ended() {
        return this == SUCCEEDED || this == FAILED || this == CANCELLED;
    }
}
