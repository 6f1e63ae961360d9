package io.scanstream.trainer.publish;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Hashes;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.dataset.Manifest;
import io.scanstream.contracts.job.JobState;
import io.scanstream.contracts.model.GateDecision;
import io.scanstream.contracts.model.Metrics;
import io.scanstream.contracts.model.ModelCard;
import io.scanstream.contracts.model.ModelEvent;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.contracts.scoring.ScanHeaders;
import io.scanstream.contracts.training.TrainingEvent;
import io.scanstream.storage.Aliases;
import io.scanstream.storage.Datasets;
import io.scanstream.storage.Jobs;
import io.scanstream.storage.ModelPackage;
import io.scanstream.storage.Models;
import io.scanstream.storage.PretrainedWeights;
import io.scanstream.trainer.cache.BlobCache;
import io.scanstream.trainer.cache.WorkFolder;
import io.scanstream.trainer.data.TrainingData;
import io.scanstream.trainer.evaluation.PackageBuilder;
import io.scanstream.trainer.job.Announcements;
import io.scanstream.trainer.job.Claim;
import io.scanstream.trainer.job.FaultPoint;
import io.scanstream.trainer.job.Patience;
import io.scanstream.trainer.job.Work;
import io.scanstream.trainer.libtorch.Libtorch;
import io.scanstream.trainer.network.LoadReport;
import io.scanstream.trainer.training.Checkpoint;
import io.scanstream.trainer.training.StopSignal;
import io.scanstream.trainer.training.TrainingOptions;
import io.scanstream.trainer.training.TrainingRun;
import io.scanstream.trainer.weights.WeightFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * Trains a recipe on a data set version, slice by slice, and publishes the model. Every step first looks whether it was done
 * before: a version that is published is not trained again, a decision of the gate not taken again.
 */
public final class TrainingWork implements Work {
    private static final Logger LOG = Logger.getLogger(TrainingWork.class);

    /** The prefixes of the object store that a training reads and writes. */
    public record Stores(
            Jobs jobs, Datasets datasets, BlobCache blobs, PretrainedWeights weights, Models models, Aliases aliases) {}

    /**
     * How trainings run in this process.
     *
     * @param slice the longest time before a job is put back behind the others
     * @param checkpointEvery the longest time between two checkpoints; each epoch's end has one too
     * @param progressEvery between two progress events
     * @param folder for checkpoints and packages while they are made; made if absent
     */
    public record Settings(
            Duration slice, Duration checkpointEvery, Duration progressEvery, int loaderThreads, Path folder) {}

    private final Stores stores;
    private final Settings settings;
    private final Libtorch libtorch;
    private final Announcements announcements;
    private final Patience patience;
    private final Clock clock;

    public TrainingWork(
            Stores stores,
            Settings settings,
            Libtorch libtorch,
            Announcements announcements,
            Patience patience,
            Clock clock) {
        this.stores = stores;
        this.settings = settings;
        this.libtorch = libtorch;
        this.announcements = announcements;
        this.patience = patience;
        this.clock = clock;
    }

    @Override
    public Outcome run(Claim claim) {
        JobState.Training work = (JobState.Training) claim.state().work();
        ModelVersion version = ModelVersion.of(work.model(), claim.id());
        try {
            Files.createDirectories(settings.folder());
            Path folder = Files.createTempDirectory(settings.folder(), "training-");
            try {
                boolean published = patience.call(claim, () -> stores.models().exists(version));
                return published || train(claim, work, version, folder)
                        ? complete(claim, work, version, folder)
                        : new SliceOver();
            } finally {
                WorkFolder.delete(folder);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("working in " + settings.folder(), e);
        }
    }

    /** Trains, and publishes if the last epoch is done; false if there is more to train. */
    private boolean train(Claim claim, JobState.Training work, ModelVersion version, Path folder) throws IOException {
        Manifest manifest = patience.call(claim, () -> stores.datasets().manifest(work.dataset()))
                .orElseThrow(() -> new ScanstreamException(
                        ErrorCode.UNKNOWN_DATASET, "data set " + work.dataset() + " is not there."));
        TrainingData data = new TrainingData(
                work.recipe(),
                manifest,
                (path, sha256) -> patience.call(claim, () -> stores.blobs().get(sha256)));
        TrainingOptions options = new TrainingOptions(
                folder.resolve("run"), settings.checkpointEvery(), settings.progressEvery(), settings.loaderThreads());
        try (TrainingRun run = new TrainingRun(work.recipe(), data, libtorch, options)) {
            List<TrainingEvent.EpochCompleted> history = resume(claim, run, folder);
            if (claim.state().checkpoint() == null) {
                begin(claim, work, run, folder);
            }
            StopSignal stop = StopSignal.after(settings.slice()).or(claim::stopRequested);
            TrainingReporter reporter = new TrainingReporter(
                    claim, work.recipe().training().epochs(), stop, history, announcements, patience, clock);
            if (run.train(stop, reporter) == TrainingRun.Outcome.STOPPED) {
                return false;
            }
            claim.check();
            // The last checkpoints may not have been kept, if the store was away.
            patience.insist(claim, () -> {
                stores.jobs().writeHistory(claim.id(), reporter.history());
                return true;
            });
            publish(claim, run, manifest, version, folder);
            return true;
        }
    }

    /** Takes up the checkpoint that the journal names, if there is one; returns the epochs that it contains. */
    private List<TrainingEvent.EpochCompleted> resume(Claim claim, TrainingRun run, Path folder) throws IOException {
        String prefix = claim.state().checkpoint();
        if (prefix == null) {
            return List.of();
        }
        Path downloaded = folder.resolve("resumed");
        patience.call(claim, () -> {
            stores.jobs().readCheckpoint(prefix, downloaded);
            return true;
        });
        run.resume(Checkpoint.read(downloaded));
        List<TrainingEvent.EpochCompleted> history = TrainingReporter.history(downloaded);
        // Whoever died between the journal's entry and this file has left it behind.
        patience.call(claim, () -> {
            stores.jobs().writeHistory(claim.id(), history);
            return true;
        });
        return history;
    }

    /** Begins with the weights that the recipe names, and tells what became of each tensor. */
    private void begin(Claim claim, JobState.Training work, TrainingRun run, Path folder) throws IOException {
        Optional<String> name = work.recipe().network().pretrained();
        if (name.isEmpty()) {
            return;
        }
        Path file = folder.resolve("weights");
        patience.call(claim, () -> {
            stores.weights().download(name.get(), file);
            return true;
        });
        try (WeightFile weights = WeightFile.open(file)) {
            LoadReport report = run.begin(weights);
            report.lines().forEach(line -> LOG.infof("job %s: weights %s: %s", claim.id(), name.get(), line));
            announcements.event(new TrainingEvent.WeightsLoaded(
                    claim.id(), name.get(), report.loaded(), report.fresh(), report.unexpected(), clock.instant()));
        } finally {
            Files.delete(file);
        }
    }

    private void publish(Claim claim, TrainingRun run, Manifest manifest, ModelVersion version, Path folder) {
        PackageBuilder.Identity identity = new PackageBuilder.Identity(
                version, manifest.dataset(), Hashes.sha256(Json.bytes(manifest)), claim.id(), clock.instant());
        Path beside = folder.resolve("beside");
        ModelPackage built = PackageBuilder.build(run, identity, folder.resolve("package"), beside, claim::check);
        claim.confirm();
        patience.insist(claim, () -> {
            stores.jobs().writeCompanions(claim.id(), beside);
            return true;
        });
        patience.insist(claim, () -> stores.models().publish(version, built));
    }

    private Done complete(Claim claim, JobState.Training work, ModelVersion version, Path folder) {
        FaultPoint.AFTER_PUBLISH.reached();
        announcements.event(new ModelEvent.ModelPublished(version, clock.instant()));
        PromotionGate gate =
                new PromotionGate(stores.models(), stores.datasets(), stores.aliases(), stores.jobs(), clock);
        ModelJudge judge =
                new ModelJudge(stores.models(), work.recipe(), stores.blobs()::get, folder.resolve("judged"));
        GateDecision decision = patience.insist(claim, () -> gate.decide(claim.id(), version, judge));
        if (decision.promoted()) {
            announcements.event(new ModelEvent.ModelPromoted(version, ScanHeaders.CHAMPION, clock.instant()));
        }
        Optional<ModelCard> card = patience.insist(claim, () -> stores.models().card(version));
        Metrics test = card.map(known -> known.metrics().get("test")).orElse(null);
        Map<String, Double> figures = new LinkedHashMap<>();
        if (test != null) {
            figures.put("images", (double) test.images());
            figures.putAll(test.figures());
        }
        return new Done(
                version.toString(),
                new TrainingEvent.TrainingSucceeded(
                        claim.id(),
                        version.name(),
                        version.version(),
                        figures,
                        card.map(ModelCard::warnings).orElse(List.of()),
                        clock.instant()));
    }
}
