package io.scanstream.gateway;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.scanstream.contracts.ParentWatch;
import io.scanstream.gateway.drift.DriftDesk;
import io.scanstream.gateway.drift.DriftMeters;
import io.scanstream.gateway.jobs.JobBoard;
import io.scanstream.gateway.jobs.JobEvents;
import io.scanstream.gateway.models.ModelRegistry;
import io.scanstream.gateway.models.RuledHeaders;
import io.scanstream.gateway.subjects.ExclusionDesk;
import io.scanstream.gateway.sweeps.SweepDesk;
import io.scanstream.storage.IdempotencyKeys;
import io.scanstream.storage.Scans;
import io.scanstream.storage.SubjectScans;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * What happens by itself: the read models are read from the store at start and every 30 seconds, sweeps are started and
 * exclusions of subjects finished that a gateway left when it died, models compared with what they were, and once an hour what
 * is too old is deleted. Every replica does it; doing it twice is doing it once.
 */
@ApplicationScoped
class Housekeeping {
    private static final Logger LOG = Logger.getLogger(Housekeeping.class);
    private static final Duration EVERY = Duration.ofSeconds(30);
    /** Until the first reading has succeeded. */
    private static final Duration AGAIN = Duration.ofSeconds(1);

    private static final Duration DELETES_EVERY = Duration.ofHours(1);
    /** A client that tries again does so within a day; twice that is kept. */
    private static final Duration KEYS_KEPT = Duration.ofDays(2);

    private final JobBoard jobs;
    private final JobEvents events;
    private final ModelRegistry models;
    private final RuledHeaders headers;
    private final SweepDesk sweeps;
    private final ExclusionDesk exclusions;
    private final DriftDesk drift;
    private final DriftMeters driftMeters;
    private final DriftReplay driftReplay;
    private final Scans scans;
    private final SubjectScans subjectScans;
    private final IdempotencyKeys keys;
    private final Duration retention;
    private final CountDownLatch stopped = new CountDownLatch(1);
    private volatile boolean read;
    /** Of the last reading, unlike {@link #read}. */
    private volatile boolean readable;

    Housekeeping(
            JobBoard jobs,
            JobEvents events,
            ModelRegistry models,
            RuledHeaders headers,
            SweepDesk sweeps,
            ExclusionDesk exclusions,
            DriftDesk drift,
            DriftMeters driftMeters,
            DriftReplay driftReplay,
            Scans scans,
            SubjectScans subjectScans,
            IdempotencyKeys keys,
            GatewayConfig config,
            MeterRegistry metrics) {
        this.jobs = jobs;
        this.events = events;
        this.models = models;
        this.headers = headers;
        this.sweeps = sweeps;
        this.exclusions = exclusions;
        this.drift = drift;
        this.driftMeters = driftMeters;
        this.driftReplay = driftReplay;
        this.scans = scans;
        this.subjectScans = subjectScans;
        this.keys = keys;
        this.retention = config.scans().retention();
        Gauge.builder("scanstream.store.readable", () -> readable ? 1 : 0)
                .description("1 if the last reading of jobs and models from the store succeeded")
                .register(metrics);
    }

    void start(@Observes StartupEvent event) {
        ParentWatch.startIfAsked();
        Thread thread = new Thread(this::run, "housekeeping");
        thread.setDaemon(true);
        thread.start();
    }

    void stop(@Observes ShutdownEvent event) {
        stopped.countDown();
    }

    /** Whether jobs and models have been read from the store at least once. */
    boolean hasRead() {
        return read;
    }

    private void run() {
        Instant deleted = Instant.now();
        try {
            do {
                readModels();
                compareAnswers();
                if (deleted.plus(DELETES_EVERY).isBefore(Instant.now())) {
                    deleteOld();
                    deleted = Instant.now();
                }
            } while (!stopped.await((read ? EVERY : AGAIN).toMillis(), TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void readModels() {
        try {
            jobs.refresh();
            models.refresh();
            headers.refresh();
            events.boardRefreshed();
            read = true;
            readable = true;
            sweeps.completeStarts();
            exclusions.advanceAll();
        } catch (RuntimeException e) {
            readable = false;
            LOG.warnf("the store was not read: %s", e.getMessage());
        }
    }

    private void compareAnswers() {
        if (!driftReplay.caughtUp()) {
            return;
        }
        try {
            driftMeters.show(drift.compareAll());
        } catch (RuntimeException e) {
            LOG.warnf("models were not compared with what they were, and will be soon: %s", e.getMessage());
        }
    }

    private void deleteOld() {
        try {
            Instant now = Instant.now();
            int old = scans.deleteBefore(now.minus(retention));
            int subjects = subjectScans.deleteBefore(now.minus(retention));
            int forgotten = keys.deleteBefore(now.minus(KEYS_KEPT));
            LOG.debugf(
                    "deleted %d old scans, whose they were of %d, and %d idempotency keys", old, subjects, forgotten);
        } catch (RuntimeException e) {
            LOG.warnf("what is too old was not deleted, and will be in an hour: %s", e.getMessage());
        }
    }
}
