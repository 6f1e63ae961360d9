package io.scanstream.local.samples;

import java.util.Locale;

/** What a patch shows, and so the class that it is filed under. */
public enum Tissue {
    /** Small, alike, drawn out nuclei in rings around lumens. */
    NORMAL(0),
    /** Somewhat larger, round, pale nuclei that lie apart from each other. */
    BENIGN(1),
    /** Large and small, misshapen, dark and overlapping nuclei with nucleoli, in no order. */
    CANCER(2);

    private final int number;

    Tissue(int number) {
        this.number = number;
    }

    /** Position in the order of the classes, from 0; seeds follow from it, so it never changes. */
    int number() {
        return number;
    }

    /** The class as folders and manifests name it. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
