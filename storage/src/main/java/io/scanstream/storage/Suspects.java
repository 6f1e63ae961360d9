package io.scanstream.storage;

import io.scanstream.contracts.Json;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The prefix {@code scoring/suspects/}: a mark for each partition of scans that a process works on. It is cleared when the
 * process lets go of the partition in order; whoever finds somebody else's mark knows that its owner died, and with which
 * record alone in its hands, if it was alone.
 */
public final class Suspects {
    private static final String PREFIX = "scoring/suspects/";

    private final ObjectStore store;

    public Suspects(ObjectStore store) {
        this.store = store;
    }

    /**
     * What an owner leaves on its partition while it works.
     *
     * @param owner one process, never the same for two
     * @param alone offset of the one record that is being scored; absent while whole batches are
     * @param processes how many processes, this one included, have had that record alone in their hands; 0 without one
     */
    public record Mark(String owner, @Nullable Long alone, int processes) {}

    /**
     * The mark on a partition.
     *
     * @param partition {@code <topic>-<number>}
     */
    public Optional<Mark> get(String partition) {
        return store.get(key(partition)).map(json -> Json.read(json, Mark.class));
    }

    public void put(String partition, Mark mark) {
        store.put(key(partition), Json.bytes(mark));
    }

    /** Removes the owner's mark; somebody else's stays. */
    public void clear(String partition, String owner) {
        if (get(partition).filter(mark -> mark.owner().equals(owner)).isPresent()) {
            store.delete(key(partition));
        }
    }

    private static String key(String partition) {
        return PREFIX + partition + ".json";
    }
}
