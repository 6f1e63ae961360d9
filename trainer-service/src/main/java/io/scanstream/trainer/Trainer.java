package io.scanstream.trainer;

import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.job.JobId;
import io.scanstream.contracts.job.JobKind;
import io.scanstream.storage.Aliases;
import io.scanstream.storage.Blobs;
import io.scanstream.storage.Datasets;
import io.scanstream.storage.Jobs;
import io.scanstream.storage.Models;
import io.scanstream.storage.ObjectStore;
import io.scanstream.storage.PretrainedWeights;
import io.scanstream.trainer.cache.BlobCache;
import io.scanstream.trainer.cache.WorkFolder;
import io.scanstream.trainer.ingest.IngestLimits;
import io.scanstream.trainer.ingest.IngestWork;
import io.scanstream.trainer.job.Announcements;
import io.scanstream.trainer.job.Claims;
import io.scanstream.trainer.job.JobRunner;
import io.scanstream.trainer.job.JobTraces;
import io.scanstream.trainer.job.LeaseTimes;
import io.scanstream.trainer.job.Patience;
import io.scanstream.trainer.job.Reconciler;
import io.scanstream.trainer.job.Work;
import io.scanstream.trainer.job.Worker;
import io.scanstream.trainer.libtorch.Libtorch;
import io.scanstream.trainer.publish.TrainingWork;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/** All parts of a trainer, put together by configuration: the wiring, in one place. */
final class Trainer {
    private static final Logger LOG = Logger.getLogger(Trainer.class);

    private static final List<String> CONNECTING = List.of("bootstrap.", "security.", "sasl.", "ssl.", "client.dns.");

    private final TrainerConfig config;
    private final Clock clock = Clock.systemUTC();
    private final LeaseTimes times;
    private final Announcements announcements;
    private final Patience patience;
    private final Jobs jobs;
    private final Datasets datasets;
    private final JobRunner runner;
    private final Worker worker;
    private final Reconciler reconciler;
    private final ScheduledExecutorService reconciling = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "reconciler");
        thread.setDaemon(true);
        return thread;
    });

    /**
     * Puts a trainer together.
     *
     * @param kafka settings of a Kafka client, {@code bootstrap.servers} at least
     * @param misconfigured hears why the trainer has ended by itself
     */
    Trainer(
            TrainerConfig config,
            Map<String, Object> kafka,
            ObjectStore store,
            Libtorch libtorch,
            Announcements announcements,
            JobTraces traces,
            Consumer<ScanstreamException> misconfigured) {
        this.config = config;
        this.times = new LeaseTimes(config.lease().duration(), config.lease().renewEvery());
        this.announcements = announcements;
        this.patience = new Patience(
                announcements,
                clock,
                config.trainer().firstWait(),
                config.trainer().longestWait());
        this.jobs = new Jobs(store);
        this.datasets = new Datasets(store);
        this.runner = new JobRunner(works(store, libtorch), times, announcements, patience, clock);
        String name = config.trainer().name().orElseGet(Trainer::hostAndProcess);
        Claims claims = new Claims(jobs, name, times, announcements, clock);
        this.worker = new Worker(
                requests(kafka, config.requests(), name),
                claims,
                runner,
                traces,
                announcements,
                patience,
                misconfigured);
        this.reconciler =
                new Reconciler(jobs, datasets, times, config.reconcile().grace(), announcements, clock);
    }

    private Map<JobKind, Work> works(ObjectStore store, Libtorch libtorch) {
        Path cache = config.cache().dir();
        Path work = WorkFolder.open(cache.resolve("work")).path();
        Blobs blobs = new Blobs(store);
        TrainingWork.Stores stores = new TrainingWork.Stores(
                jobs,
                datasets,
                new BlobCache(blobs, cache.resolve("blobs"), config.cache().maxBytes()),
                new PretrainedWeights(store),
                new Models(store),
                new Aliases(store));
        TrainingWork.Settings settings = new TrainingWork.Settings(
                config.training().slice(),
                config.training().checkpointEvery(),
                config.training().progressEvery(),
                config.training().loaderThreads().orElseGet(() -> Runtime.getRuntime()
                        .availableProcessors()),
                work);
        TrainerConfig.Ingest ingest = config.ingest();
        IngestLimits limits =
                new IngestLimits(ingest.maxUploadBytes(), ingest.maxFiles(), ingest.maxTotalBytes(), ingest.maxRatio());
        return Map.of(
                JobKind.TRAINING,
                new TrainingWork(stores, settings, libtorch, announcements, patience, clock),
                JobKind.INGEST,
                new IngestWork(datasets, jobs, blobs, limits, work, announcements, patience, clock));
    }

    /**
     * Of the share consumer: where Kafka is and how to get in, as all clients have it, and what is set for it alone. Other
     * settings of theirs it would refuse.
     */
    static Map<String, String> requests(Map<String, Object> kafka, Map<String, String> own, String name) {
        Map<String, String> settings = new HashMap<>();
        kafka.forEach((key, value) -> {
            if (CONNECTING.stream().anyMatch(key::startsWith)) {
                settings.put(key, value.toString());
            }
        });
        settings.putAll(own);
        settings.put("client.id", name);
        return settings;
    }

    private static String hostAndProcess() {
        String process = Long.toString(ProcessHandle.current().pid());
        try {
            return InetAddress.getLocalHost().getHostName() + "-" + process;
        } catch (UnknownHostException e) {
            return "trainer-" + process;
        }
    }

    void start() {
        worker.start();
        long every = config.reconcile().every().toMillis();
        // Ends with the executor; what can go wrong is caught within.
        ScheduledFuture<?> unused =
                reconciling.scheduleWithFixedDelay(this::reconcile, 0, every, TimeUnit.MILLISECONDS);
    }

    private void reconcile() {
        try {
            reconciler.look();
        } catch (RuntimeException e) {
            // The next look may do better; without this there would be none.
            LOG.error("looking through the jobs", e);
        }
    }

    /** Stops, with a checkpoint of the job under way; takes as long as configured at most. */
    void stop() throws InterruptedException {
        reconciling.shutdownNow();
        if (!worker.stop(config.trainer().stopWithin())) {
            LOG.warnf(
                    "the job under way was not put back within %s; its lease will expire",
                    config.trainer().stopWithin());
        }
        runner.close();
    }

    void hurry(JobId id) {
        runner.hurry(id);
    }

    boolean working() {
        return worker.running();
    }
}
