package io.scanstream.inference.scoring;

/** Who goes first; declared in that order. */
public enum Urgency {
    URGENT,
    ROUTINE,
    /** Nobody's score waits for it: it goes when nothing else is ready, and nothing else waits for it to join a run. */
    LEISURE
}
