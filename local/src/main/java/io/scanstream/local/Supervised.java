package io.scanstream.local;

import io.scanstream.local.platform.Platform;
import io.scanstream.local.platform.PlatformOptions;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * A platform that is stopped with this process, by Ctrl-C, SIGTERM or otherwise, and that ends this process, saying why,
 * when one of its parts dies.
 */
final class Supervised implements AutoCloseable {
    private final Platform platform;
    private final CompletableFuture<String> obituary;
    private volatile boolean closed;

    private Supervised(Platform platform) {
        this.platform = platform;
        this.obituary = platform.whenPartDies();
        Runtime.getRuntime().addShutdownHook(new Thread(this::stop, "stop-platform"));
    }

    private void stop() {
        if (!closed) {
            System.err.println();
            System.err.println("Stopping the platform.");
            close();
        }
    }

    static Supervised start(PlatformOptions options) throws InterruptedException {
        return new Supervised(Platform.start(options, System.err));
    }

    Platform platform() {
        return platform;
    }

    /** Does not return while all is well; else says which part died, and returns the exit code. */
    int awaitEnd() throws InterruptedException {
        try {
            System.err.println("scanstream: " + obituary.get());
            return 1;
        } catch (ExecutionException e) {
            throw new IllegalStateException("an obituary never fails", e);
        }
    }

    /** From now on, a part that dies ends this process with exit code 1. */
    void exitWhenPartDies() {
        var unused = obituary.thenAccept(text -> {
            System.err.println();
            System.err.println("scanstream: " + text);
            // The hook stops the rest. Not on this thread: it belongs to the process that died.
            new Thread(() -> System.exit(1), "exit").start();
        });
    }

    @Override
    public void close() {
        closed = true;
        platform.close();
    }
}
