package io.scanstream.storage;

import io.scanstream.contracts.Json;
import io.scanstream.contracts.job.JobId;
import io.scanstream.contracts.job.Sweep;
import java.util.List;
import java.util.Optional;

/** The prefix {@code sweeps/}: what each sweep is made of. */
public final class Sweeps {
    private static final String PREFIX = "sweeps/";
    private static final String SUFFIX = ".json";

    private final ObjectStore store;

    public Sweeps(ObjectStore store) {
        this.store = store;
    }

    /** Keeps a sweep; nothing happens if it is there already. */
    public void create(Sweep sweep) {
        store.createIfAbsent(key(sweep.id()), Json.bytes(sweep));
    }

    public Optional<Sweep> get(JobId id) {
        return store.get(key(id)).map(json -> Json.read(json, Sweep.class));
    }

    /** Every sweep there is, newest first. */
    public List<JobId> list() {
        return store.list(PREFIX).stream()
                .map(object -> object.key().substring(PREFIX.length()))
                .filter(name -> name.endsWith(SUFFIX))
                .map(name -> JobId.of(name.substring(0, name.length() - SUFFIX.length())))
                .sorted((a, b) -> b.compareTo(a))
                .toList();
    }

    private static String key(JobId id) {
        return PREFIX + id + SUFFIX;
    }
}
