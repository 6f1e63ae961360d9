package io.scanstream.trainer.publish;

import static org.assertj.core.api.Assertions.assertThat;

import io.scanstream.contracts.dataset.Manifest;
import io.scanstream.contracts.dataset.Split;
import io.scanstream.contracts.job.JobId;
import io.scanstream.contracts.job.JobState;
import io.scanstream.contracts.job.JobStatus;
import io.scanstream.contracts.model.GateDecision;
import io.scanstream.contracts.model.ModelCard;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.contracts.model.Task;
import io.scanstream.contracts.recipe.Recipe;
import io.scanstream.contracts.training.TrainingEvent;
import io.scanstream.storage.Aliases;
import io.scanstream.storage.Models;
import io.scanstream.storage.ObjectStore;
import io.scanstream.storage.PretrainedWeights;
import io.scanstream.trainer.TestScans;
import io.scanstream.trainer.cache.BlobCache;
import io.scanstream.trainer.job.JobDesk;
import io.scanstream.trainer.libtorch.DeviceChoice;
import io.scanstream.trainer.libtorch.Libtorch;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Segmentation as a job: from masks in the store to a champion there, and what is left beside it. */
class TrainingWorkTest {
    private static final int SIDE = 16;
    /** That the gate compares on, where the recipe does not say otherwise. */
    private static final int FEWEST_IMAGES = 20;

    @TempDir
    Path folder;

    private JobDesk desk;
    private Models models;
    private Manifest manifest;

    @BeforeEach
    void upload() {
        desk = new JobDesk(folder.resolve("desk"));
        models = new Models(desk.store());
        TestScans scans = new TestScans(SIDE, "back", "gland")
                .withMasks(Split.TRAIN, 8)
                .withMasks(Split.VALIDATION, 4)
                .withMasks(Split.TEST, FEWEST_IMAGES);
        manifest = scans.manifest();
        desk.datasets.reserve(manifest.dataset().name(), JobId.next());
        desk.datasets.writeManifest(manifest);
        scans.blobs().forEach(desk.blobs::put);
    }

    @AfterEach
    void close() {
        desk.close();
    }

    @Test
    void aSegmenterIsPublishedAndABetterOneTakesItsPlace() {
        JobId first = train(Map.of("training.epochs", "1", "optimizer", "{type: sgd, learningRate: 1e-6}"));
        JobId second = train(Map.of("training.epochs", "10", "optimizer", "{type: adam, learningRate: 0.03}"));

        ModelCard card = models.card(ModelVersion.of("m", second)).orElseThrow();
        assertThat(card.task()).isEqualTo(Task.SEGMENTATION);
        assertThat(desk.jobs.gateDecision(first).orElseThrow().promoted()).isTrue();
        GateDecision decision = desk.jobs.gateDecision(second).orElseThrow();
        assertThat(decision.promoted()).isTrue();
        assertThat(decision.figures().get("images")).isEqualTo(FEWEST_IMAGES);
        assertThat(decision.figures().get("candidateDice")).isGreaterThan(0.9);
        assertThat(decision.figures().get("championDice"))
                .isLessThan(decision.figures().get("candidateDice"));
        TrainingEvent.TrainingSucceeded succeeded = desk.told.events().stream()
                .filter(event -> event.jobId().equals(second))
                .filter(TrainingEvent.TrainingSucceeded.class::isInstance)
                .map(TrainingEvent.TrainingSucceeded.class::cast)
                .findFirst()
                .orElseThrow();
        assertThat(succeeded.testMetrics().get("dice"))
                .isEqualTo(decision.figures().get("candidateDice"));
    }

    @Test
    void leavesGalleryAndCurvesWithTheJobAndNotInThePackage() {
        JobId job = train(Map.of("training.epochs", "2", "optimizer", "{type: adam, learningRate: 0.03}"));

        List<String> beside = keys("jobs/" + job + "/");
        assertThat(beside).contains("private/gallery.html", "private/test.csv");
        assertThat(beside)
                .filteredOn(key -> key.startsWith("tensorboard/events.out.tfevents."))
                .hasSize(1);
        assertThat(beside).doesNotContain("submission.csv");
        assertThat(keys("models/")).noneMatch(key -> key.contains("private") || key.contains("tensorboard"));
    }

    private JobId train(Map<String, String> replaced) {
        Map<String, String> all = new HashMap<>(Map.of(
                "network.layers", "[{type: conv, out: 8, padding: 1}, {type: relu}, {type: conv, kernel: 1}]",
                "schedule", "{type: constant}",
                "augmentation", "[]"));
        all.putAll(replaced);
        Recipe recipe = TestScans.recipe(SIDE, all);
        JobId id = JobId.next();
        TrainingWork work = new TrainingWork(
                new TrainingWork.Stores(
                        desk.jobs,
                        desk.datasets,
                        new BlobCache(desk.blobs, folder.resolve("blobs"), 1 << 20),
                        new PretrainedWeights(desk.store()),
                        models,
                        new Aliases(desk.store())),
                new TrainingWork.Settings(
                        Duration.ofMinutes(5), Duration.ofMinutes(1), Duration.ofMinutes(1), 1, folder.resolve("work")),
                Libtorch.start(DeviceChoice.CPU),
                desk.announcements,
                desk.patience,
                desk.clock);
        JobState ended = desk.run(id, new JobState.Training("m", manifest.dataset(), recipe), work);
        assertThat(ended.status()).as(String.valueOf(ended.reason())).isEqualTo(JobStatus.SUCCEEDED);
        return id;
    }

    private List<String> keys(String prefix) {
        return desk.store().list(prefix).stream()
                .map(ObjectStore.Listed::key)
                .map(key -> key.substring(prefix.length()))
                .toList();
    }
}
