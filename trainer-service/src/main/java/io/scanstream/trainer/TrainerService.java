package io.scanstream.trainer;

import io.micrometer.core.instrument.MeterRegistry;
import io.opentelemetry.api.OpenTelemetry;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.scanstream.contracts.ParentWatch;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.job.JobId;
import io.scanstream.storage.ObjectStore;
import io.scanstream.storage.StoreConfig;
import io.scanstream.trainer.job.Announcements;
import io.scanstream.trainer.job.JobMeters;
import io.scanstream.trainer.job.JobTraces;
import io.scanstream.trainer.libtorch.DeviceChoice;
import io.scanstream.trainer.libtorch.Libtorch;
import io.smallrye.common.annotation.Identifier;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Starts and stops the trainer with the application. The store may come later than the service: it is waited for; what no
 * waiting can help ends the process with its reason.
 */
@ApplicationScoped
class TrainerService {
    private static final Logger LOG = Logger.getLogger(TrainerService.class);
    private static final int FAILED = 1;

    private final TrainerConfig config;
    private final Announcements announcements;
    private final JobTraces traces;
    private final Map<String, Object> kafka;
    private final CountDownLatch stopping = new CountDownLatch(1);
    private volatile @Nullable ObjectStore store;
    private volatile @Nullable Trainer trainer;

    TrainerService(
            TrainerConfig config,
            KafkaSender sender,
            MeterRegistry metrics,
            OpenTelemetry telemetry,
            @Identifier("default-kafka-broker") Map<String, Object> kafka) {
        this.config = config;
        this.announcements = new Announcements(sender, new JobMeters(metrics));
        this.traces = new JobTraces(telemetry);
        this.kafka = kafka;
    }

    void start(@Observes StartupEvent event) {
        ParentWatch.startIfAsked();
        Thread starting = new Thread(this::open, "trainer-start");
        starting.setDaemon(true);
        starting.start();
    }

    private void open() {
        try {
            Libtorch libtorch = Libtorch.start(DeviceChoice.of(config.device()));
            LOG.info(libtorch.description());
            ObjectStore opened = openStore();
            if (opened == null) {
                return;
            }
            store = opened;
            Trainer assembled = new Trainer(config, kafka, opened, libtorch, announcements, traces, this::end);
            trainer = assembled;
            if (stopping.getCount() > 0) {
                assembled.start();
            }
        } catch (ScanstreamException e) {
            end(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException | Error e) {
            LOG.error("the trainer cannot start", e);
            Quarkus.asyncExit(FAILED);
        }
    }

    /** The store, or null if the process stops before it answers. */
    private @Nullable ObjectStore openStore() throws InterruptedException {
        TrainerConfig.Store at = config.store();
        StoreConfig where = new StoreConfig(
                at.endpoint(),
                at.accessKey(),
                at.secretKey(),
                at.bucket(),
                at.region(),
                at.caFile().orElse(null));
        while (true) {
            try {
                return ObjectStore.open(where);
            } catch (ScanstreamException e) {
                if (!e.code().retryable()) {
                    throw e;
                }
                LOG.warnf("waiting for the object store: %s", e.getMessage());
            }
            if (stopping.await(config.trainer().firstWait().toMillis() * 2, TimeUnit.MILLISECONDS)) {
                return null;
            }
        }
    }

    private void end(ScanstreamException reason) {
        LOG.errorf("the trainer ends: %s", reason.getMessage());
        Quarkus.asyncExit(FAILED);
    }

    void stop(@Observes ShutdownEvent event) throws InterruptedException {
        stopping.countDown();
        Trainer running = trainer;
        if (running != null) {
            running.stop();
        }
        ObjectStore opened = store;
        if (opened != null) {
            opened.close();
        }
    }

    /** See {@link io.scanstream.trainer.job.JobRunner#hurry}. */
    void hurry(JobId id) {
        Trainer running = trainer;
        if (running != null) {
            running.hurry(id);
        }
    }

    /** Whether the store answers and the trainer works or looks for work. */
    boolean ready() {
        ObjectStore opened = store;
        Trainer running = trainer;
        return opened != null && running != null && running.working() && opened.reachable();
    }
}
