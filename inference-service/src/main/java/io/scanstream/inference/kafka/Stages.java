package io.scanstream.inference.kafka;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;

/** When a scan came to which stage, for its trace. Thread-safe. */
final class Stages {
    /** Its version is there. */
    static final String MODEL = "model acquired";

    /** What its claim ticket stands for is there. */
    static final String FETCHED = "fetched";

    /** It is decoded and run. */
    static final String SCORED = "scored";

    /** A scan that waits for something that is down passes them again and again. */
    private static final int MOST = 16;

    private final List<Reached> reached = new ArrayList<>();

    private record Reached(String stage, Instant at) {}

    synchronized void reach(String stage) {
        if (reached.size() < MOST) {
            reached.add(new Reached(stage, Instant.now()));
        }
    }

    synchronized void each(BiConsumer<String, Instant> seen) {
        reached.forEach(one -> seen.accept(one.stage(), one.at()));
    }
}
