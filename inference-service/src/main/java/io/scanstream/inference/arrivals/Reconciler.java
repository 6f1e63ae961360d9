package io.scanstream.inference.arrivals;

import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.Topics;
import io.scanstream.inference.arrivals.ArrivalMetrics.Via;
import io.scanstream.inference.arrivals.ArrivedScans.Arrived;
import io.scanstream.inference.arrivals.IncomingLayout.Place;
import io.scanstream.inference.deadletter.DeadLetterRecord;
import io.scanstream.storage.ArrivalMarks;
import io.scanstream.storage.Incoming;
import io.scanstream.storage.ObjectStore;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the objects whose notifications did not come. One process does that: the one that owns partition 0 of {@code
 * scan.arrivals}. Two that believe so for a moment enqueue the same ids. It lags rather than floods: while scans wait, it
 * waits. Used by one thread.
 */
final class Reconciler {
    private static final Logger LOG = LoggerFactory.getLogger(Reconciler.class);

    private final ArrivalSettings settings;
    private final ArrivedScans scans;
    private final Function<Place, ArrivalMarks> marks;
    private final ArrivalMetrics metrics;
    private @Nullable Map<Place, Sweep> sweeps;
    private long nextNanos;
    private boolean lagging;

    Reconciler(
            ArrivalSettings settings, ArrivedScans scans, Function<Place, ArrivalMarks> marks, ArrivalMetrics metrics) {
        this.settings = settings;
        this.scans = scans;
        this.marks = marks;
        this.metrics = metrics;
    }

    /** To be called again and again with whether this process is the one; looks if it is time to. */
    void run(boolean leader, Outbox outbox, Backlog backlog) {
        if (!leader) {
            metrics.leading(false);
            sweeps = null;
            return;
        }
        if (sweeps == null) {
            LOG.info(
                    "This process looks for arrivals below {}.",
                    settings.layout().prefixes());
            sweeps = new LinkedHashMap<>();
            nextNanos = System.nanoTime();
        }
        if (System.nanoTime() - nextNanos >= 0) {
            look(sweeps, outbox, backlog);
            nextNanos = System.nanoTime() + settings.every().toNanos();
            metrics.leading(true);
        }
    }

    private void look(Map<Place, Sweep> open, Outbox outbox, Backlog backlog) {
        try {
            boolean all = true;
            for (Place place : settings.layout().places()) {
                Sweep sweep = open.computeIfAbsent(place, at -> new Sweep(at.prefix(), marks.apply(at)));
                all &= sweep.advance(
                        scans.incoming(),
                        settings.pages(),
                        () -> room(place, backlog),
                        objects -> enqueue(objects, outbox));
            }
            if (!all) {
                metrics.heldBack();
            }
            if (all == lagging) {
                lagging = !all;
                LOG.info(
                        lagging
                                ? "Arrivals wait: there is enough to score."
                                : "All arrivals that were found are enqueued.");
            }
        } catch (ScanstreamException e) {
            LOG.warn("Arrivals are not looked for now ({}): {}", e.code(), e.getMessage());
        }
    }

    private int room(Place place, Backlog backlog) {
        long waiting = Math.min(settings.mostWaiting(), backlog.waiting(place));
        return Math.min(settings.mostEnqueued(), settings.mostWaiting() - (int) waiting);
    }

    private void enqueue(List<ObjectStore.Listed> objects, Outbox outbox) throws KafkaException {
        Incoming incoming = scans.incoming();
        List<Optional<Arrived>> found = scans.each(objects, object -> find(incoming, object));
        for (int i = 0; i < objects.size(); i++) {
            ObjectStore.Listed object = objects.get(i);
            found.get(i).ifPresent(arrived -> {
                if (arrived.record() != null) {
                    outbox.scan(arrived.record());
                } else if (arrived.mistake() != null) {
                    outbox.deadLetter(DeadLetterRecord.of(
                            Topics.SCAN_ARRIVALS_DLQ,
                            Topics.SCAN_ARRIVALS,
                            (incoming.bucket() + "/" + object.key()).getBytes(StandardCharsets.UTF_8),
                            S3Notification.of(incoming.bucket(), object),
                            arrived.mistake()));
                }
            });
        }
        outbox.write(Via.RECONCILER);
    }

    /** Empty for what was deleted since it was listed. */
    private Optional<Arrived> find(Incoming incoming, ObjectStore.Listed object) {
        try {
            return scans.of(incoming.bucket(), object.key());
        } catch (ScanstreamException e) {
            if (e.code().retryable()) {
                throw e;
            }
            // Not its key: that may be a file's or a person's name.
            LOG.warn("An object is left where it is ({}).", e.code());
            return Optional.empty();
        }
    }
}
