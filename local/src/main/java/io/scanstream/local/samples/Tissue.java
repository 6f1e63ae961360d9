package io.scanstream.local.samples;

import java.util.Locale;

/** What a patch shows, and so the class that it is filed under. */
public enum Tissue {
    /** Small, alike, drawn out nuclei in rings around lumens. */
    NORMAL,
    /** Somewhat larger, round, pale nuclei that lie apart from each other. */
    BENIGN,
    /** Large and small, misshapen, dark and overlapping nuclei with nucleoli, in no order. */
    CANCER;

    /** The class as folders and manifests name it. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
