package io.scanstream.storage;

import io.scanstream.contracts.model.DriftState;
import io.scanstream.contracts.model.ModelVersion;

/** The prefix {@code drift/}: when a version's answers in service drifted from those in its package, and when they came back. */
public final class Drifts {
    private static final String PREFIX = "drift/";

    private final ObjectStore store;

    public Drifts(ObjectStore store) {
        this.store = store;
    }

    public Journal<DriftState> journal(ModelVersion version) {
        return new Journal<>(store, PREFIX + version.name() + "/" + version.version() + "/", DriftState.class);
    }
}
