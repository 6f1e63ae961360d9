package io.scanstream.gateway.subjects;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.Topics;
import io.scanstream.contracts.consent.ExclusionOutcome;
import io.scanstream.contracts.consent.ExclusionPlan;
import io.scanstream.contracts.consent.ExclusionRecord;
import io.scanstream.contracts.dataset.DatasetVersion;
import io.scanstream.contracts.dataset.Tombstone;
import io.scanstream.contracts.job.JobId;
import io.scanstream.contracts.job.JobState;
import io.scanstream.contracts.model.ExclusionNotice;
import io.scanstream.contracts.model.ModelCard;
import io.scanstream.contracts.model.ModelEvent;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.contracts.scoring.ScanId;
import io.scanstream.gateway.jobs.JobBoard;
import io.scanstream.gateway.messaging.Outbox;
import io.scanstream.gateway.models.ModelRegistry;
import io.scanstream.gateway.trainings.Trainings;
import io.scanstream.storage.Blobs;
import io.scanstream.storage.Datasets;
import io.scanstream.storage.Exclusions;
import io.scanstream.storage.Jobs;
import io.scanstream.storage.Models;
import io.scanstream.storage.Notices;
import io.scanstream.storage.Scans;
import io.scanstream.storage.SubjectScans;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Carries an exclusion out. Every step looks at what is and does what is missing, so that it may end anywhere and be begun again
 * by anybody: entries fall, trainings on them end, models are flagged, private files go, data sets get a next version, originals
 * are deleted, models are trained anew, the record is closed.
 */
public final class ExclusionWork {
    /** The stores that hold something of a subject. */
    public record Stores(
            Exclusions exclusions,
            Datasets datasets,
            Blobs blobs,
            Jobs jobs,
            Models models,
            Notices notices,
            Scans scans,
            SubjectScans subjectScans) {}

    private final Stores stores;
    private final JobBoard board;
    private final Trainings trainings;
    private final ModelRegistry registry;
    private final Successors successors;
    private final Retraining retraining;
    private final Outbox events;

    /**
     * Carries exclusions out.
     *
     * @param events writes to {@code model.events}
     */
    public ExclusionWork(
            Stores stores,
            JobBoard board,
            Trainings trainings,
            ModelRegistry registry,
            Successors successors,
            Retraining retraining,
            Outbox events) {
        this.stores = stores;
        this.board = board;
        this.trainings = trainings;
        this.registry = registry;
        this.successors = successors;
        this.retraining = retraining;
        this.events = events;
    }

    /**
     * Makes sure that there is something to do.
     *
     * @throws ScanstreamException {@code UNKNOWN_SUBJECT}
     */
    void requireKnown(ExclusionPlan plan) {
        boolean known = !SubjectEntries.find(stores.datasets(), plan.subject(), plan.id())
                        .held()
                        .isEmpty()
                || !stores.subjectScans().scans(plan.subject()).isEmpty();
        if (!known) {
            throw new ScanstreamException(
                    ErrorCode.UNKNOWN_SUBJECT,
                    "No data set version has a scan of this subject that is in use, and no scan for scoring that came with"
                            + " its id is kept.");
        }
    }

    /** Does what can be done now; true: all of it is. */
    boolean advance(ExclusionPlan plan) {
        SubjectEntries found = SubjectEntries.find(stores.datasets(), plan.subject(), plan.id());
        Set<DatasetVersion> held = found.held().keySet();
        Map<ModelVersion, ModelCard> models = trainedOn(held);
        board.refresh();
        List<JobState> touched = board.all().stream()
                .filter(job -> held.contains(datasetOf(job)))
                .toList();
        stores.exclusions().before(before(plan, found, models.keySet(), touched));
        found.held().forEach((version, entries) -> stores.datasets()
                .bury(version, new Tombstone(plan.id(), entries, plan.at())));
        touched.forEach(job -> end(plan, job));
        touched.forEach(job -> {
            stores.jobs().deletePrivate(job.id());
            stores.jobs().deleteCheckpointsExcept(job.id(), Optional.empty());
        });
        flag(plan, models);
        deleteKeptScans(plan);
        List<String> remarks = new ArrayList<>();
        Optional<Map<String, DatasetVersion>> next = successors.of(plan.id(), held, remarks);
        if (next.isEmpty() || ingesting()) {
            // An upload that is being read may be about to name a blob that nobody else does.
            return false;
        }
        found.blobs().forEach(stores.blobs()::delete);
        List<JobId> started = plan.retrain()
                ? retraining.start(plan.id(), models, cancelledFor(plan, touched), next.get(), remarks)
                : List.of();
        stores.exclusions()
                .complete(
                        plan.id(),
                        new ExclusionOutcome(
                                List.copyOf(next.get().values()),
                                found.blobs().size(),
                                found.shared().size(),
                                List.copyOf(models.keySet()),
                                touched.stream().map(JobState::id).sorted().toList(),
                                started,
                                remarks,
                                Instant.now()));
        return true;
    }

    private Map<ModelVersion, ModelCard> trainedOn(Set<DatasetVersion> held) {
        Map<ModelVersion, ModelCard> trained = new LinkedHashMap<>();
        for (String name : stores.models().names()) {
            for (ModelVersion version : stores.models().versions(name)) {
                stores.models()
                        .card(version)
                        .filter(card -> card.dataset() != null && held.contains(card.dataset()))
                        .ifPresent(card -> trained.put(version, card));
            }
        }
        return trained;
    }

    private static DatasetVersion datasetOf(JobState job) {
        return job.work() instanceof JobState.Training training
                ? training.dataset()
                : ((JobState.Ingest) job.work()).dataset();
    }

    private ExclusionRecord before(
            ExclusionPlan plan, SubjectEntries found, Set<ModelVersion> models, List<JobState> touched) {
        List<ExclusionRecord.Held> held = new ArrayList<>();
        found.held().forEach((version, entries) -> held.add(new ExclusionRecord.Held(version, entries.size())));
        return new ExclusionRecord(
                plan.id(),
                plan.subjectDigest(),
                plan.actor(),
                plan.reason(),
                plan.retrain(),
                plan.at(),
                held,
                stores.subjectScans().scans(plan.subject()).size(),
                List.copyOf(models),
                touched.stream()
                        .filter(job -> !job.status().ended() && job.work() instanceof JobState.Training)
                        .map(JobState::id)
                        .sorted()
                        .toList(),
                retained(plan.at()));
    }

    /** What came with the subject's id is a ticket in Kafka; of what came without, nobody here knows whose it is. */
    private static List<ExclusionRecord.Retained> retained(Instant from) {
        Map<String, String> holds = new LinkedHashMap<>();
        String scans =
                "claim tickets of scans that came with the subject's id, whose bytes are deleted; and the bytes of"
                        + " small scans that came without it";
        holds.put(Topics.SCANS, scans);
        holds.put(Topics.SCANS_URGENT, scans);
        holds.put(Topics.SCANS_DLQ, scans + ", where they could not be scored");
        holds.put(Topics.SCORES, "answers by scan id");
        holds.put(Topics.SCORES_SHADOW, "answers of shadows by scan id");
        holds.put(Topics.SCAN_ARRIVALS, "names of objects that came by S3");
        holds.put(Topics.SCAN_ARRIVALS_DLQ, "names of objects that came by S3 and could not be taken in");
        List<ExclusionRecord.Retained> retained = new ArrayList<>();
        for (Topics.Spec topic : Topics.all()) {
            String what = holds.get(topic.name());
            if (what != null) {
                retained.add(new ExclusionRecord.Retained(topic.name(), what, from.plus(topic.retention())));
            }
        }
        return retained;
    }

    private void end(ExclusionPlan plan, JobState job) {
        if (!job.status().ended() && job.work() instanceof JobState.Training) {
            trainings.cancelFor(job.id(), reason(plan));
        }
    }

    private static String reason(ExclusionPlan plan) {
        return "Its data set had scans of a subject who was excluded: exclusion " + plan.id() + ".";
    }

    /** Trainings that this exclusion ended, now or before it was taken up again. */
    private List<JobState.Training> cancelledFor(ExclusionPlan plan, List<JobState> touched) {
        return touched.stream()
                .flatMap(job -> board.refresh(job.id()).stream())
                .filter(job -> reason(plan).equals(job.reason()))
                .map(job -> (JobState.Training) job.work())
                .toList();
    }

    private void flag(ExclusionPlan plan, Map<ModelVersion, ModelCard> models) {
        Set<String> names = new TreeSet<>();
        models.forEach((version, card) -> {
            DatasetVersion dataset = card.dataset();
            if (dataset != null
                    && stores.notices().exclude(version, new ExclusionNotice(plan.id(), dataset, plan.at()))) {
                names.add(version.name());
                events.nudge(version.toString(), new ModelEvent.ModelFlagged(version, plan.id(), plan.at()));
            }
        });
        names.forEach(registry::refresh);
    }

    private void deleteKeptScans(ExclusionPlan plan) {
        for (ScanId scan : stores.subjectScans().scans(plan.subject())) {
            stores.scans().delete(scan);
            stores.subjectScans().forget(plan.subject(), scan);
        }
    }

    private boolean ingesting() {
        return board.all().stream()
                .anyMatch(job ->
                        job.work() instanceof JobState.Ingest && !job.status().ended());
    }
}
