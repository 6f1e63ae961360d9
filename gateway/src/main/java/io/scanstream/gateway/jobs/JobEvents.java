package io.scanstream.gateway.jobs;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.dataset.Manifest;
import io.scanstream.contracts.job.JobId;
import io.scanstream.contracts.job.JobState;
import io.scanstream.contracts.job.JobStatus;
import io.scanstream.contracts.model.Metrics;
import io.scanstream.contracts.model.ModelCard;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.contracts.training.TrainingEvent;
import io.scanstream.storage.Datasets;
import io.scanstream.storage.Jobs;
import io.scanstream.storage.Models;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A job's events for those who watch it: first what the store knows of it, told as the events that would have told it,
 * then what Kafka brings, up to the last one. So a watcher misses nothing that matters, whichever replica it asks and
 * whenever it comes, and a lost event only delays.
 */
public final class JobEvents {
    private final JobBoard board;
    private final Jobs jobs;
    private final Models models;
    private final Datasets datasets;
    private final Set<Watch> watches = ConcurrentHashMap.newKeySet();

    public JobEvents(JobBoard board, Jobs jobs, Models models, Datasets datasets) {
        this.board = board;
        this.jobs = jobs;
        this.models = models;
        this.datasets = datasets;
    }

    /** Takes in an event from Kafka, for the board and for those who watch. */
    public void saw(TrainingEvent event) {
        board.saw(event);
        watches.forEach(watch -> watch.heard(event));
    }

    /** After the board was read anew: ends the watches of jobs whose last event was lost. */
    public void boardRefreshed() {
        for (Watch watch : watches) {
            board.find(watch.job).flatMap(this::lastEvent).ifPresent(watch::heard);
        }
    }

    /**
     * Watches a job.
     *
     * @param afterEpoch epochs up to here are not told again; 0 for all
     * @param listener gets each event in order; the one for which {@link TrainingEvent#ends} is true is the last
     * @return ends the watch, early or not
     */
    public Runnable watch(JobState job, int afterEpoch, Consumer<TrainingEvent> listener) {
        Watch watch = new Watch(job.id(), afterEpoch, listener);
        watches.add(watch);
        try {
            watch.begin(known(board.find(job.id()).orElse(job)));
        } catch (RuntimeException e) {
            watches.remove(watch);
            throw e;
        }
        return () -> watches.remove(watch);
    }

    /** What the store knows of a job, as events. */
    List<TrainingEvent> known(JobState job) {
        List<TrainingEvent> events = new ArrayList<>();
        JobState.@Nullable Owner owner = job.owner();
        if (owner != null) {
            events.add(new TrainingEvent.TrainingAccepted(
                    job.id(), owner.trainer(), job.slice(), job.checkpoint() == null ? null : job.step(), job.at()));
        }
        if (job.work() instanceof JobState.Training) {
            events.addAll(jobs.history(job.id()));
            board.progress(job.id()).ifPresent(events::add);
        }
        lastEvent(job).ifPresent(events::add);
        return events;
    }

    private Optional<TrainingEvent> lastEvent(JobState job) {
        if (job.status() == JobStatus.FAILED) {
            ErrorCode code = job.errorCode() == null ? ErrorCode.INTERNAL : job.errorCode();
            return Optional.of(new TrainingEvent.TrainingFailed(job.id(), code, reason(job), job.at()));
        }
        if (job.status() == JobStatus.CANCELLED) {
            return Optional.of(new TrainingEvent.TrainingCancelled(job.id(), reason(job), job.at()));
        }
        if (job.status() != JobStatus.SUCCEEDED) {
            return Optional.empty();
        }
        if (job.work() instanceof JobState.Training training) {
            ModelVersion model = ModelVersion.of(training.model(), job.id());
            Optional<ModelCard> card = models.card(model);
            Map<String, Double> test = card.map(known -> known.metrics().get("test"))
                    .map(JobEvents::figures)
                    .orElse(Map.of());
            List<String> warnings = card.map(ModelCard::warnings).orElse(List.of());
            return Optional.of(new TrainingEvent.TrainingSucceeded(
                    job.id(), model.name(), model.version(), test, warnings, job.at()));
        }
        JobState.Ingest ingest = (JobState.Ingest) job.work();
        Optional<Manifest> manifest = datasets.manifest(ingest.dataset());
        return Optional.of(new TrainingEvent.DatasetReady(
                job.id(),
                ingest.dataset(),
                manifest.map(found -> found.entries().size()).orElse(0),
                manifest.map(found -> found.rejected().size()).orElse(0),
                job.at()));
    }

    private static String reason(JobState job) {
        return job.reason() == null ? "no reason was given" : job.reason();
    }

    private static Map<String, Double> figures(Metrics metrics) {
        Map<String, Double> figures = new LinkedHashMap<>();
        figures.put("accuracy", metrics.accuracy());
        figures.put("macroF1", metrics.macroF1());
        figures.put("logLoss", metrics.logLoss());
        if (metrics.rocAuc() != null) {
            figures.put("rocAuc", metrics.rocAuc());
        }
        return figures;
    }

    /** One watcher: holds back what is live until the past is told, and tells no epoch twice and nothing after the end. */
    private static final class Watch {
        private final JobId job;
        private final Consumer<TrainingEvent> listener;
        private final List<TrainingEvent> held = new ArrayList<>();
        private int epoch;
        private boolean begun;
        private boolean ended;

        Watch(JobId job, int afterEpoch, Consumer<TrainingEvent> listener) {
            this.job = job;
            this.epoch = afterEpoch;
            this.listener = listener;
        }

        synchronized void begin(List<TrainingEvent> past) {
            past.forEach(this::tell);
            held.forEach(this::tell);
            held.clear();
            begun = true;
        }

        synchronized void heard(TrainingEvent event) {
            if (!event.jobId().equals(job)) {
                return;
            }
            if (begun) {
                tell(event);
            } else {
                held.add(event);
            }
        }

        private void tell(TrainingEvent event) {
            if (ended) {
                return;
            }
            if (event instanceof TrainingEvent.EpochCompleted completed) {
                if (completed.epoch() <= epoch) {
                    return;
                }
                epoch = completed.epoch();
            }
            ended = event.ends();
            listener.accept(event);
        }
    }
}
