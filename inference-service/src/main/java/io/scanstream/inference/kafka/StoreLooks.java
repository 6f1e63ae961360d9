package io.scanstream.inference.kafka;

import io.scanstream.storage.ObjectStore;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;

/**
 * Tells one model's trouble from an outage of the store: looks whether that answers as a whole, once a second at most, on a
 * thread of its own. Thread-safe.
 */
final class StoreLooks implements AutoCloseable {
    private static final Duration FRESH = Duration.ofSeconds(1);

    private final Supplier<ObjectStore> store;
    private final ExecutorService looking = Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "look-at-store");
        thread.setDaemon(true);
        return thread;
    });
    private boolean answers;
    private long lookedNanos = System.nanoTime() - FRESH.toNanos();
    private volatile Instant lastDown = Instant.MIN;

    StoreLooks(Supplier<ObjectStore> store) {
        this.store = store;
    }

    /** Whether it answers now. Returns at once; what hangs on the result runs on the thread that looked. */
    CompletableFuture<Boolean> look() {
        return CompletableFuture.supplyAsync(this::answers, looking);
    }

    private boolean answers() {
        if (System.nanoTime() - lookedNanos >= FRESH.toNanos()) {
            try {
                answers = store.get().reachable();
            } catch (RuntimeException e) {
                // It cannot even be opened.
                answers = false;
            }
            lookedNanos = System.nanoTime();
            if (!answers) {
                lastDown = Instant.now();
            }
        }
        return answers;
    }

    /** When it was last found not to answer; long ago if never. */
    Instant lastDown() {
        return lastDown;
    }

    @Override
    public void close() {
        looking.shutdownNow();
    }
}
