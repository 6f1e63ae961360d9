package io.scanstream.inference.arrivals;

import io.micrometer.core.instrument.MeterRegistry;
import io.opentelemetry.api.OpenTelemetry;
import io.scanstream.inference.arrivals.IncomingLayout.Place;
import io.scanstream.inference.kafka.KafkaSettings;
import io.scanstream.inference.kafka.SentTraces;
import io.scanstream.storage.ArrivalMarks;
import io.scanstream.storage.Incoming;
import io.scanstream.storage.Models;
import io.scanstream.storage.ObjectStore;
import java.util.function.Function;
import java.util.function.Supplier;

/** Makes scans of the objects that anybody puts under the incoming prefixes, each once, announced or not. */
public final class Arrivals implements AutoCloseable {
    private static final long CLOSE_MS = 20_000;

    private final ArrivedScans scans;
    private final ArrivalsLoop loop;
    private final Thread thread;

    /**
     * Nothing runs yet.
     *
     * @param incoming where the objects are; opened when first needed
     * @param store the project's bucket: marks and models
     */
    public Arrivals(
            ArrivalSettings settings,
            KafkaSettings kafka,
            Supplier<Incoming> incoming,
            Supplier<ObjectStore> store,
            MeterRegistry registry,
            OpenTelemetry telemetry) {
        ArrivalMetrics metrics = new ArrivalMetrics(registry);
        Function<Place, ArrivalMarks> marks = place -> new ArrivalMarks(store.get(), place.prefix());
        this.scans = new ArrivedScans(incoming, settings.layout(), version -> new Models(store.get()).exists(version));
        this.loop = new ArrivalsLoop(
                kafka,
                scans,
                marks,
                new Reconciler(settings, scans, marks, metrics),
                metrics,
                new SentTraces(telemetry));
        this.thread = new Thread(loop, "arrivals");
    }

    public void start() {
        thread.start();
    }

    /** Whether notifications are listened to. */
    public boolean running() {
        return loop.running();
    }

    /** Whether the thread has not ended before its time. */
    public boolean alive() {
        return loop.isStopping() || thread.getState() == Thread.State.NEW || thread.isAlive();
    }

    /** Looks for no more arrivals, once what is in hand is enqueued. Returns at once. */
    public void stop() {
        loop.stop();
    }

    /** Finishes what is in hand and leaves the group, which makes another process the one that looks for arrivals. */
    @Override
    public void close() {
        stop();
        try {
            thread.join(CLOSE_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        scans.close();
    }
}
