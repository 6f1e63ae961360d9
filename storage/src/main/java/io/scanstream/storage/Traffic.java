package io.scanstream.storage;

import io.scanstream.contracts.model.TrafficState;
import java.util.List;

/** The prefix {@code traffic/}: how a model's scans are and were split among its aliases, and who shadows them. */
public final class Traffic {
    private static final String PREFIX = "traffic/";

    private final ObjectStore store;

    public Traffic(ObjectStore store) {
        this.store = store;
    }

    /** The models whose scans are split, or were. */
    public List<String> models() {
        return store.children(PREFIX);
    }

    public Journal<TrafficState> journal(String model) {
        return new Journal<>(store, PREFIX + model + "/", TrafficState.class);
    }
}
