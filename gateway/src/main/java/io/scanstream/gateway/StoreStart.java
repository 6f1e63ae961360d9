package io.scanstream.gateway;

import io.quarkus.runtime.StartupEvent;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.storage.ObjectStore;
import io.scanstream.storage.StoreConfig;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jboss.logging.Logger;

/**
 * Opens the object store at start, however long it takes to answer: before anything else begins, and while the rest of the
 * start goes on. Who needs it waits.
 */
@Singleton
final class StoreStart {
    private static final Logger LOG = Logger.getLogger(StoreStart.class);
    /** Before the channels to Kafka, which are made in the same event. */
    private static final int FIRST = 1;

    private static final Duration FIRST_PAUSE = Duration.ofMillis(250);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

    private final CompletableFuture<ObjectStore> opening;

    StoreStart(GatewayConfig config) {
        this.opening = CompletableFuture.supplyAsync(
                () -> await(config.store().toConfig(), config.store().patience()),
                work -> new Thread(work, "store-start").start());
    }

    /** Makes this object, which is all that is needed. */
    void begin(@Observes @Priority(FIRST) StartupEvent event) {
        LOG.debug("opening the object store");
    }

    /**
     * The open store.
     *
     * @throws ScanstreamException why it could not be opened
     */
    ObjectStore opened() {
        try {
            return opening.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof ScanstreamException known ? known : e;
        }
    }

    /**
     * Opens the store, again and again while it does not answer.
     *
     * @param patience after which the last failure is thrown
     */
    static ObjectStore await(StoreConfig config, Duration patience) {
        long end = System.nanoTime() + patience.toNanos();
        Duration pause = FIRST_PAUSE;
        while (true) {
            try {
                return ObjectStore.open(config);
            } catch (ScanstreamException e) {
                if (!e.code().retryable() || System.nanoTime() + pause.toNanos() > end) {
                    throw e;
                }
                LOG.warnf("waiting for the object store: %s", e.getMessage());
                sleep(pause, e);
                pause = pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : LONGEST_PAUSE;
            }
        }
    }

    private static void sleep(Duration pause, ScanstreamException e) {
        try {
            Thread.sleep(pause.toMillis());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw e;
        }
    }
}
