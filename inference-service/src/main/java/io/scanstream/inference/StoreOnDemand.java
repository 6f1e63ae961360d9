package io.scanstream.inference;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.storage.ObjectStore;
import io.scanstream.storage.StoreConfig;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The object store, opened when it first answers: a service that starts before its store waits for it instead of failing.
 */
final class StoreOnDemand implements Supplier<ObjectStore>, AutoCloseable {
    private final StoreConfig config;
    private final Function<StoreConfig, ObjectStore> opening;
    private @Nullable ObjectStore store;

    StoreOnDemand(StoreConfig config) {
        this(config, ObjectStore::open);
    }

    private StoreOnDemand(StoreConfig config, Function<StoreConfig, ObjectStore> opening) {
        this.config = config;
        this.opening = opening;
    }

    /** A bucket of the same store that is only read. */
    StoreOnDemand foreign(String bucket) {
        return new StoreOnDemand(config.withBucket(bucket), ObjectStore::openForeign);
    }

    /** The one open store; {@code STORE_UNAVAILABLE} while it does not answer, or refuses the settings that we have. */
    @Override
    public synchronized ObjectStore get() {
        if (store == null) {
            store = opened();
        }
        return store;
    }

    private ObjectStore opened() {
        try {
            return opening.apply(config);
        } catch (ScanstreamException e) {
            // Wrong credentials are nothing that a scan could help.
            throw e.code().retryable()
                    ? e
                    : new ScanstreamException(ErrorCode.STORE_UNAVAILABLE, String.valueOf(e.getMessage()), e);
        }
    }

    @Override
    public synchronized void close() {
        if (store != null) {
            store.close();
        }
    }
}
