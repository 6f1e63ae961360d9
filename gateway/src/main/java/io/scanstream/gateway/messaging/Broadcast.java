package io.scanstream.gateway.messaging;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** Hands each event to everyone who listens at that moment, on the thread that publishes it. Thread-safe. */
public final class Broadcast<T> {
    private final List<Consumer<T>> listeners = new CopyOnWriteArrayList<>();

    /**
     * Listens until the handle is run.
     *
     * @param listener quick, and throws nothing
     */
    public Runnable listen(Consumer<T> listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    public void publish(T event) {
        listeners.forEach(listener -> listener.accept(event));
    }

    public int listeners() {
        return listeners.size();
    }
}
