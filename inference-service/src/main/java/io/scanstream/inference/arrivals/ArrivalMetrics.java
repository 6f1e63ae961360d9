package io.scanstream.inference.arrivals;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;

/** What is counted of arrivals, after it was written. */
final class ArrivalMetrics {
    /** Who said that the object is there. */
    enum Via {
        NOTIFICATION,
        RECONCILER
    }

    private final MeterRegistry registry;
    private final AtomicInteger leading;
    private final Counter heldBack;

    ArrivalMetrics(MeterRegistry registry) {
        this.registry = registry;
        this.leading = registry.gauge("scanstream.arrivals.leading", new AtomicInteger());
        this.heldBack = registry.counter("scanstream.arrivals.held.back");
    }

    void enqueued(Via via, int scans) {
        count(via, "enqueued", scans);
    }

    void refused(Via via, int objects) {
        count(via, "refused", objects);
    }

    /** Objects that were enqueued long before. */
    void known(Via via, int objects) {
        count(via, "known", objects);
    }

    /** A look that enqueued less than it found, because scans wait. */
    void heldBack() {
        heldBack.increment();
    }

    void leading(boolean isLeading) {
        leading.set(isLeading ? 1 : 0);
    }

    private void count(Via via, String result, int number) {
        if (number > 0) {
            registry.counter("scanstream.arrivals", "via", via.name().toLowerCase(Locale.ROOT), "result", result)
                    .increment(number);
        }
    }
}
