package io.scanstream.inference.scoring;

/** Who goes first; declared in that order. */
public enum Urgency {
    URGENT,
    ROUTINE
}
