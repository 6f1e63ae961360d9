package io.scanstream.gateway;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.micrometer.core.instrument.MeterRegistry;
import io.scanstream.access.AccessRules;
import io.scanstream.access.AuditLog;
import io.scanstream.access.http.RefusalForm;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.Topics;
import io.scanstream.contracts.api.ApiProblem;
import io.scanstream.gateway.datasets.DatasetCatalogue;
import io.scanstream.gateway.datasets.DatasetIntake;
import io.scanstream.gateway.drift.AnswerWindow;
import io.scanstream.gateway.drift.DriftDesk;
import io.scanstream.gateway.drift.DriftMeters;
import io.scanstream.gateway.jobs.JobBoard;
import io.scanstream.gateway.jobs.JobEventStreams;
import io.scanstream.gateway.jobs.JobEvents;
import io.scanstream.gateway.jobs.JobMeters;
import io.scanstream.gateway.messaging.Outbox;
import io.scanstream.gateway.models.GateRecords;
import io.scanstream.gateway.models.ModelRegistry;
import io.scanstream.gateway.models.Promotions;
import io.scanstream.gateway.models.RuledHeaders;
import io.scanstream.gateway.models.ShadowAgreement;
import io.scanstream.gateway.models.TrafficDesk;
import io.scanstream.gateway.recipes.ShippedRecipes;
import io.scanstream.gateway.requests.Turnstile;
import io.scanstream.gateway.scans.Heatmaps;
import io.scanstream.gateway.scans.ScanIds;
import io.scanstream.gateway.scans.ScanIntake;
import io.scanstream.gateway.scans.ScanStates;
import io.scanstream.gateway.scans.ScoreWindow;
import io.scanstream.gateway.subjects.ExclusionDesk;
import io.scanstream.gateway.subjects.ExclusionWork;
import io.scanstream.gateway.subjects.Retraining;
import io.scanstream.gateway.subjects.Successors;
import io.scanstream.gateway.sweeps.SweepDesk;
import io.scanstream.gateway.trainings.TrainingIntake;
import io.scanstream.gateway.trainings.Trainings;
import io.scanstream.storage.Aliases;
import io.scanstream.storage.Blobs;
import io.scanstream.storage.Datasets;
import io.scanstream.storage.Drifts;
import io.scanstream.storage.Exclusions;
import io.scanstream.storage.IdempotencyKeys;
import io.scanstream.storage.Jobs;
import io.scanstream.storage.Models;
import io.scanstream.storage.Notices;
import io.scanstream.storage.ObjectStore;
import io.scanstream.storage.Scans;
import io.scanstream.storage.SharedSecrets;
import io.scanstream.storage.SubjectScans;
import io.scanstream.storage.Sweeps;
import io.scanstream.storage.Traffic;
import io.smallrye.reactive.messaging.MutinyEmitter;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import org.eclipse.microprofile.reactive.messaging.Channel;

/** Makes the gateway's objects; the one class that knows them all. */
final class Wiring {
    /** Beyond Kafka's own delivery time-out, so that its answer comes first. */
    private static final Duration PATIENCE = Duration.ofSeconds(15);

    @Produces
    @Singleton
    ObjectMapper json() {
        return Json.mapper();
    }

    @Produces
    @Singleton
    AccessRules accessRules() {
        return GatewayAccess.RULES;
    }

    @Produces
    @Singleton
    AuditLog auditLog() {
        return new AuditLog("gateway");
    }

    @Produces
    @Singleton
    RefusalForm refusalForm() {
        return (path, problem) -> new RefusalForm.Body(ApiProblem.MEDIA_TYPE, Json.text(problem));
    }

    @Produces
    @Singleton
    ObjectStore store(StoreStart start) {
        return start.opened();
    }

    void close(@Disposes ObjectStore store) {
        store.close();
    }

    @Produces
    @Singleton
    Datasets datasets(ObjectStore store) {
        return new Datasets(store);
    }

    @Produces
    @Singleton
    Jobs jobs(ObjectStore store) {
        return new Jobs(store);
    }

    @Produces
    @Singleton
    Models models(ObjectStore store) {
        return new Models(store);
    }

    @Produces
    @Singleton
    Scans scans(ObjectStore store) {
        return new Scans(store);
    }

    @Produces
    @Singleton
    IdempotencyKeys idempotencyKeys(ObjectStore store) {
        return new IdempotencyKeys(store);
    }

    @Produces
    @Singleton
    ShippedRecipes recipes() {
        return ShippedRecipes.packaged();
    }

    @Produces
    @Singleton
    JobBoard jobBoard(Jobs jobs) {
        return new JobBoard(jobs);
    }

    @Produces
    @Singleton
    JobMeters jobMeters(JobBoard board) {
        return new JobMeters(board, Clock.systemUTC());
    }

    @Produces
    @Singleton
    JobEvents jobEvents(JobBoard board, Jobs jobs, Models models, Datasets datasets) {
        return new JobEvents(board, jobs, models, datasets);
    }

    @Produces
    @Singleton
    JobEventStreams jobEventStreams(JobBoard board, JobEvents events) {
        return new JobEventStreams(board, events);
    }

    @Produces
    @Singleton
    DatasetCatalogue datasetCatalogue(Datasets datasets, Jobs jobs, JobBoard board) {
        return new DatasetCatalogue(datasets, jobs, board);
    }

    @Produces
    @Singleton
    DatasetIntake datasetIntake(
            GatewayConfig config,
            Datasets datasets,
            Jobs jobs,
            JobBoard board,
            @Channel("training-requests") MutinyEmitter<byte[]> requests) {
        return new DatasetIntake(
                datasets,
                jobs,
                board,
                new Outbox(Topics.TRAINING_REQUESTS, requests::sendMessage, PATIENCE),
                config.datasets().uploadMaxSize().asLongValue(),
                new Turnstile(config.datasets().uploadsAtATime(), Duration.ZERO, "uploads"));
    }

    @Produces
    @Singleton
    TrainingIntake trainingIntake(
            GatewayConfig config,
            ShippedRecipes recipes,
            DatasetCatalogue datasets,
            Jobs jobs,
            JobBoard board,
            IdempotencyKeys keys,
            @Channel("training-requests") MutinyEmitter<byte[]> requests) {
        return new TrainingIntake(
                recipes,
                datasets,
                jobs,
                board,
                keys,
                new Outbox(Topics.TRAINING_REQUESTS, requests::sendMessage, PATIENCE),
                config.trainings().requestMaxSize().asLongValue());
    }

    @Produces
    @Singleton
    Trainings trainings(Jobs jobs, JobBoard board, @Channel("training-cancellations") MutinyEmitter<byte[]> events) {
        return new Trainings(jobs, board, new Outbox(Topics.TRAINING_EVENTS, events::sendMessage, PATIENCE));
    }

    @Produces
    @Singleton
    SweepDesk sweepDesk(ObjectStore store, IdempotencyKeys keys, TrainingIntake intake, Trainings trainings) {
        return new SweepDesk(new Sweeps(store), keys, intake, trainings);
    }

    @Produces
    @Singleton
    ModelRegistry modelRegistry(Models models, ObjectStore store) {
        return new ModelRegistry(models, new Aliases(store), new Notices(store));
    }

    @Produces
    @Singleton
    Promotions promotions(
            ModelRegistry registry,
            ObjectStore store,
            Models models,
            Jobs jobs,
            @Channel("promotions") MutinyEmitter<byte[]> events) {
        return new Promotions(
                registry, new Aliases(store), new GateRecords(models, jobs), new Notices(store), modelEvents(events));
    }

    @Produces
    @Singleton
    TrafficDesk trafficDesk(
            ModelRegistry registry, ObjectStore store, @Channel("promotions") MutinyEmitter<byte[]> events) {
        return new TrafficDesk(registry, new Traffic(store), modelEvents(events));
    }

    @Produces
    @Singleton
    RuledHeaders ruledHeaders(ObjectStore store) {
        return new RuledHeaders(new Traffic(store));
    }

    @Produces
    @Singleton
    ScanIds scanIds(ObjectStore store) {
        return new ScanIds(new SharedSecrets(store).get("scan-ids"));
    }

    @Produces
    @Singleton
    ScoreWindow scoreWindow(GatewayConfig config) {
        return new ScoreWindow(config.scans().window());
    }

    @Produces
    @Singleton
    SubjectScans subjectScans(ObjectStore store) {
        return new SubjectScans(store);
    }

    @Produces
    @Singleton
    ExclusionDesk exclusionDesk(
            ObjectStore store,
            Datasets datasets,
            Jobs jobs,
            Models models,
            Scans scans,
            SubjectScans subjectScans,
            JobBoard board,
            Trainings trainings,
            ModelRegistry registry,
            DatasetCatalogue catalogue,
            DatasetIntake intake,
            TrainingIntake trainingIntake,
            @Channel("promotions") MutinyEmitter<byte[]> events) {
        Exclusions exclusions = new Exclusions(store);
        ExclusionWork work = new ExclusionWork(
                new ExclusionWork.Stores(
                        exclusions, datasets, new Blobs(store), jobs, models, new Notices(store), scans, subjectScans),
                board,
                trainings,
                registry,
                new Successors(datasets, catalogue, intake, board),
                new Retraining(exclusions, datasets, trainingIntake),
                modelEvents(events));
        return new ExclusionDesk(exclusions, subjectScans, work);
    }

    @Produces
    @Singleton
    ShadowAgreement shadowAgreement(ScoreWindow window) {
        return new ShadowAgreement(window::find);
    }

    @Produces
    @Singleton
    AnswerWindow answerWindow(GatewayConfig config) {
        return new AnswerWindow(config.drift().window(), Clock.systemUTC());
    }

    @Produces
    @Singleton
    DriftDesk driftDesk(
            GatewayConfig config,
            AnswerWindow window,
            ModelRegistry registry,
            Models models,
            ObjectStore store,
            @Channel("promotions") MutinyEmitter<byte[]> events) {
        return new DriftDesk(
                window,
                registry,
                models,
                new Drifts(store),
                modelEvents(events),
                new DriftDesk.Settings(
                        config.drift().leastScans(), config.drift().bound()));
    }

    @Produces
    @Singleton
    DriftMeters driftMeters(MeterRegistry metrics) {
        return new DriftMeters(metrics);
    }

    @Produces
    @Singleton
    ScanStates scanStates(GatewayConfig config, ScoreWindow window, ScanIds ids) {
        return new ScanStates(window, ids, config.scans().retention());
    }

    @Produces
    @Singleton
    Heatmaps heatmaps(GatewayConfig config, ScanStates states, Scans scans) {
        return new Heatmaps(
                states,
                scans,
                config.inference().url().orElse(null),
                config.inference().apiKey().orElse(null),
                config.scans().maxSize().asLongValue());
    }

    @Produces
    @Singleton
    ScanIntake scanIntake(
            GatewayConfig config,
            ScanIds ids,
            ModelRegistry models,
            Scans scans,
            SubjectScans subjects,
            IdempotencyKeys keys,
            @Channel("scans") MutinyEmitter<byte[]> bulk,
            @Channel("scans-urgent") MutinyEmitter<byte[]> urgent) {
        return new ScanIntake(
                ids,
                models,
                scans,
                subjects,
                keys,
                new Outbox(Topics.SCANS, bulk::sendMessage, PATIENCE),
                new Outbox(Topics.SCANS_URGENT, urgent::sendMessage, PATIENCE),
                new ScanIntake.Limits(
                        config.scans().maxSize().asLongValue(), config.scans().inlineMaxBytes()),
                new Turnstile(config.scans().largeAtATime(), PATIENCE, "large scans"));
    }

    private static Outbox modelEvents(MutinyEmitter<byte[]> events) {
        return new Outbox(Topics.MODEL_EVENTS, events::sendMessage, PATIENCE);
    }
}
