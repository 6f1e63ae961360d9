package io.scanstream.storage;

import io.scanstream.contracts.model.AliasState;
import java.util.List;
import java.util.Optional;

/** The prefix {@code aliases/}: what {@code champion} and other aliases of a model mean, and meant. */
public final class Aliases {
    private static final String PREFIX = "aliases/";

    private final ObjectStore store;

    public Aliases(ObjectStore store) {
        this.store = store;
    }

    /** The aliases that a model has. */
    public List<String> names(String model) {
        return store.children(PREFIX + model + "/");
    }

    public Journal<AliasState> journal(String model, String alias) {
        return new Journal<>(store, PREFIX + model + "/" + alias + "/", AliasState.class);
    }

    /** The version that an alias means now; empty: nothing. */
    public Optional<String> version(String model, String alias) {
        return journal(model, alias).head().map(Journal.Entry::value).map(AliasState::version);
    }
}
