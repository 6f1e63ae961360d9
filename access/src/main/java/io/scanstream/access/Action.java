package io.scanstream.access;

import java.util.Locale;

/** What is written to the audit log when a request does it. */
public enum Action {
    UPLOADED,
    AMENDED,
    TRAINED,
    CANCELLED,
    PROMOTED,
    /** An alias was taken back to what it meant before. */
    WITHDREW,
    TRAFFIC,
    DELETED,
    SCORED;

    /** As the log and the tables have it. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }
}
