package io.scanstream.gateway;

import io.scanstream.contracts.ScanstreamException;
import io.scanstream.storage.ObjectStore;
import io.scanstream.storage.StoreConfig;
import java.time.Duration;
import org.jboss.logging.Logger;

/** Opens the object store at start, however long it takes to answer. */
final class StoreStart {
    private static final Logger LOG = Logger.getLogger(StoreStart.class);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(250);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

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

    private StoreStart() {}
}
