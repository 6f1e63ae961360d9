package io.scanstream.inference;

import io.scanstream.storage.ObjectStore;
import io.scanstream.storage.StoreConfig;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The object store, opened when it first answers: a service that starts before its store waits for it instead of failing.
 */
final class StoreOnDemand implements Supplier<ObjectStore>, AutoCloseable {
    private final StoreConfig config;
    private @Nullable ObjectStore store;

    StoreOnDemand(StoreConfig config) {
        this.config = config;
    }

    /** The one open store; {@code STORE_UNAVAILABLE} while it does not answer. */
    @Override
    public synchronized ObjectStore get() {
        if (store == null) {
            store = ObjectStore.open(config);
        }
        return store;
    }

    @Override
    public synchronized void close() {
        if (store != null) {
            store.close();
        }
    }
}
