package io.scanstream.gateway.datasets;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Names;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.TimeOrderedId;
import io.scanstream.contracts.api.DatasetState;
import io.scanstream.contracts.api.DatasetView;
import io.scanstream.contracts.dataset.DatasetVersion;
import io.scanstream.contracts.dataset.Exploration;
import io.scanstream.contracts.dataset.Manifest;
import io.scanstream.contracts.dataset.Split;
import io.scanstream.contracts.job.JobId;
import io.scanstream.contracts.job.JobState;
import io.scanstream.contracts.job.JobStatus;
import io.scanstream.gateway.jobs.JobBoard;
import io.scanstream.storage.Datasets;
import io.scanstream.storage.Jobs;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Data set versions as the store has them. */
public final class DatasetCatalogue {
    /** An upload that has not arrived by then was cut off with the gateway that took it. */
    private static final Duration LONGEST_UPLOAD = Duration.ofDays(1);

    /** As the trainer writes it. */
    private static final String EXPLORATION_PAGE = "private/exploration.html";

    private final Datasets datasets;
    private final Jobs jobs;
    private final JobBoard board;
    /** By ingest job: a manifest is written once, and is read whole to be counted. */
    private final Map<JobId, DatasetView.Contents> counted = new ConcurrentHashMap<>();

    public DatasetCatalogue(Datasets datasets, Jobs jobs, JobBoard board) {
        this.datasets = datasets;
        this.jobs = jobs;
        this.board = board;
    }

    List<String> names() {
        return datasets.names();
    }

    /**
     * The versions of a data set, oldest first.
     *
     * @throws ScanstreamException {@code UNKNOWN_DATASET} if it has none
     */
    public List<DatasetVersion> versions(String name) {
        Names.require("dataset.name", name);
        List<DatasetVersion> versions = datasets.versions(name);
        if (versions.isEmpty()) {
            throw new ScanstreamException(
                    ErrorCode.UNKNOWN_DATASET,
                    "There is no data set '" + name + "'. GET /api/v1/datasets lists them; POST /api/v1/datasets/"
                            + name + " uploads one.");
        }
        return versions;
    }

    /**
     * One version with its state.
     *
     * @throws ScanstreamException {@code UNKNOWN_DATASET}
     */
    public DatasetView view(DatasetVersion version) {
        JobId job = ingestJob(version);
        // The state first: a trainer writes the manifest before it says that it has ended.
        Optional<JobState> state = board.find(job);
        DatasetView.@Nullable Contents contents = contents(version, job);
        if (contents != null) {
            return view(version, DatasetState.READY, job, contents, null, null);
        }
        if (state.isEmpty()) {
            return withoutJob(version, job);
        }
        JobState found = state.get();
        if (!found.status().ended()) {
            return view(version, DatasetState.VALIDATING, job, null, null, null);
        }
        if (found.status() == JobStatus.SUCCEEDED) {
            return view(
                    version,
                    DatasetState.FAILED,
                    job,
                    null,
                    ErrorCode.INVALID_DATASET,
                    "The ingest has ended, but its manifest is not in the store. Upload again.");
        }
        return view(version, DatasetState.FAILED, job, null, found.errorCode(), found.reason());
    }

    /** Counts a version anew when it is next asked for: entries of it fell to an exclusion. */
    public void recount(DatasetVersion version) {
        datasets.ingestJob(version).ifPresent(counted::remove);
    }

    private DatasetView.@Nullable Contents contents(DatasetVersion version, JobId job) {
        DatasetView.@Nullable Contents contents = counted.get(job);
        if (contents == null) {
            contents = datasets.manifest(version).map(DatasetCatalogue::count).orElse(null);
            if (contents != null) {
                counted.put(job, contents);
            }
        }
        return contents;
    }

    private static DatasetView withoutJob(DatasetVersion version, JobId job) {
        Instant begun = TimeOrderedId.timeOf(job.value());
        if (begun.plus(LONGEST_UPLOAD).isAfter(Instant.now())) {
            return view(version, DatasetState.UPLOADING, job, null, null, null);
        }
        return view(
                version,
                DatasetState.FAILED,
                job,
                null,
                ErrorCode.INVALID_DATASET,
                "The upload never arrived whole. Upload again.");
    }

    /**
     * The manifest of a version that is ready.
     *
     * @throws ScanstreamException {@code UNKNOWN_DATASET}; {@code DATASET_NOT_READY} while it is read; {@code
     *     INVALID_DATASET} if that failed
     */
    public Manifest manifest(DatasetVersion version) {
        DatasetView view = view(version);
        if (view.state() == DatasetState.FAILED) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_DATASET,
                    "Data set " + version + " could not be read (" + view.reason() + "). Upload it again.");
        }
        return datasets.manifest(version)
                .orElseThrow(() -> new ScanstreamException(
                        ErrorCode.DATASET_NOT_READY,
                        "Data set " + version + " is " + view.state() + ". Its events are at /api/v1/jobs/" + view.job()
                                + "/events."));
    }

    /**
     * The newest version, which must be ready: what a next one can be made of.
     *
     * @throws ScanstreamException {@code UNKNOWN_DATASET}; {@code CONFLICT} while a newer one is being made
     */
    Manifest newest(String name) {
        List<DatasetVersion> versions = versions(name);
        for (int i = versions.size() - 1; i >= 0; i--) {
            DatasetView view = view(versions.get(i));
            if (view.state() == DatasetState.READY) {
                return manifest(versions.get(i));
            }
            if (view.state() != DatasetState.FAILED) {
                throw new ScanstreamException(
                        ErrorCode.CONFLICT,
                        "Version " + versions.get(i) + " is " + view.state()
                                + ". Wait until it is ready, then ask again.");
            }
        }
        throw new ScanstreamException(
                ErrorCode.INVALID_DATASET, "No version of data set '" + name + "' could be read. Upload it again.");
    }

    /**
     * A first look at a version that is ready.
     *
     * @throws ScanstreamException as {@link #manifest}; {@code DATASET_NOT_READY} until it has been taken
     */
    Exploration exploration(DatasetVersion version) {
        manifest(version);
        return datasets.exploration(version).orElseThrow(() -> notExplored(version));
    }

    /**
     * The page of a first look, with images: HTML.
     *
     * @throws ScanstreamException as {@link #exploration}
     */
    byte[] explorationPage(DatasetVersion version) {
        manifest(version);
        return jobs.companion(ingestJob(version), EXPLORATION_PAGE).orElseThrow(() -> notExplored(version));
    }

    private static ScanstreamException notExplored(DatasetVersion version) {
        return new ScanstreamException(
                ErrorCode.DATASET_NOT_READY,
                "Data set " + version + " can be trained on, but has not been explored yet. Ask again in a moment.");
    }

    /**
     * The ingest job of a version.
     *
     * @throws ScanstreamException {@code UNKNOWN_DATASET}
     */
    JobId ingestJob(DatasetVersion version) {
        return datasets.ingestJob(version)
                .orElseThrow(() -> new ScanstreamException(
                        ErrorCode.UNKNOWN_DATASET,
                        "Data set '" + version.name() + "' has no version " + version.version() + "."));
    }

    /**
     * Deletes a version; an ingest that is under way is cancelled.
     *
     * @throws ScanstreamException {@code UNKNOWN_DATASET}; {@code IN_USE} if a training that has not ended uses it
     */
    void delete(DatasetVersion version) {
        JobId ingest = ingestJob(version);
        board.refresh();
        for (JobState job : board.all()) {
            if (!job.status().ended()
                    && job.work() instanceof JobState.Training training
                    && training.dataset().equals(version)) {
                throw new ScanstreamException(
                        ErrorCode.IN_USE,
                        "Training " + job.id() + " uses data set " + version + ". Cancel it or wait for its end.");
            }
        }
        jobs.journal(ingest)
                .update(head -> head.filter(entry -> !entry.value().status().ended())
                        .map(entry -> entry.value().cancelled("The data set version was deleted.", Instant.now())))
                .ifPresent(entry -> board.put(ingest, entry));
        datasets.delete(version);
        jobs.deletePrivate(ingest);
        counted.remove(ingest);
    }

    private static DatasetView view(
            DatasetVersion version,
            DatasetState state,
            JobId job,
            DatasetView.@Nullable Contents contents,
            @Nullable ErrorCode code,
            @Nullable String reason) {
        return new DatasetView(
                version.name(),
                version.version(),
                state,
                job,
                contents,
                code,
                reason,
                TimeOrderedId.timeOf(job.value()));
    }

    private static DatasetView.Contents count(Manifest manifest) {
        Map<String, Map<String, Integer>> counts = new LinkedHashMap<>();
        int images = 0;
        for (Split split : Split.values()) {
            List<Manifest.Entry> entries = manifest.of(split);
            if (split == Split.UNLABELLED && entries.isEmpty()) {
                continue;
            }
            Map<String, Integer> byClass = new LinkedHashMap<>();
            manifest.classes().forEach(label -> byClass.put(label, 0));
            for (Manifest.Entry entry : entries) {
                if (entry.label() != null) {
                    byClass.merge(entry.label(), 1, Integer::sum);
                }
                images++;
            }
            counts.put(split.name().toLowerCase(Locale.ROOT), byClass);
        }
        return new DatasetView.Contents(
                manifest.classes(),
                images,
                counts,
                manifest.rejected().size(),
                manifest.entries().size() - images);
    }
}
