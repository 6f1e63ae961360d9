package io.scanstream.trainer.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.scanstream.contracts.dataset.Manifest;
import io.scanstream.contracts.dataset.Split;
import io.scanstream.contracts.model.Metrics;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.contracts.recipe.Recipe;
import io.scanstream.storage.ModelPackage;
import io.scanstream.storage.Models;
import io.scanstream.trainer.TestScans;
import io.scanstream.trainer.TestStore;
import io.scanstream.trainer.evaluation.PackageBuilder;
import io.scanstream.trainer.libtorch.DeviceChoice;
import io.scanstream.trainer.libtorch.Libtorch;
import io.scanstream.trainer.metrics.WeighedImages;
import io.scanstream.trainer.training.StopSignal;
import io.scanstream.trainer.training.TrainingListener;
import io.scanstream.trainer.training.TrainingOptions;
import io.scanstream.trainer.training.TrainingRun;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the gate compares is what the card says of the same images, for either task. */
class ModelJudgeTest {
    private static final int SIDE = 16;
    private static final ModelVersion MODEL = new ModelVersion("drawn", "v1");

    @TempDir
    Path folder;

    @Test
    void aClassifierIsJudgedByItsRightDecisions() {
        TestScans scans = new TestScans(SIDE, "plain", "wide", "narrow")
                .with(Split.TRAIN, 6)
                .with(Split.VALIDATION, 2)
                .with(Split.TEST, 8);
        Recipe recipe = TestScans.recipe(SIDE, Map.of("training.epochs", "2"));

        Judged judged = judge(scans, recipe);

        assertThat(judged.figure("accuracy"))
                .isEqualTo(judged.test().accuracy())
                .isBetween(0.2, 1.0);
        assertThat(judged.figure("balancedAccuracy")).isEqualTo(judged.test().balancedAccuracy());
        assertThat(judged.figure("macroF1")).isEqualTo(judged.test().macroF1());
        assertThat(judged.figure("auc")).isCloseTo(judged.test().rocAuc(), within(1e-12));
        assertThat(judged.figure("averagePrecision")).isCloseTo(judged.test().averagePrecision(), within(1e-12));
        assertThat(judged.latencyMs()).isPositive();
    }

    @Test
    void aSegmenterIsJudgedByItsDice() {
        TestScans scans = new TestScans(SIDE, "back", "gland")
                .withMasks(Split.TRAIN, 8)
                .withMasks(Split.VALIDATION, 2)
                .withMasks(Split.TEST, 5);
        Recipe recipe = TestScans.recipe(
                SIDE,
                Map.of(
                        "network.layers", "[{type: conv, out: 8, padding: 1}, {type: relu}, {type: conv, kernel: 1}]",
                        "augmentation", "[]",
                        "optimizer", "{type: adam, learningRate: 0.03}",
                        "training.epochs", "8"));

        Judged judged = judge(scans, recipe);

        Metrics.Segmentation overlap = judged.test().segmentation();
        assertThat(overlap).isNotNull();
        assertThat(judged.figure("dice"))
                .isCloseTo(overlap.dice(), within(1e-12))
                .isGreaterThan(0.5);
        assertThat(judged.figure("iou")).isCloseTo(overlap.iou(), within(1e-12));
    }

    private record Judged(WeighedImages images, double latencyMs, Metrics test) {
        double figure(String name) {
            return images.figure(name);
        }
    }

    private Judged judge(TestScans scans, Recipe recipe) {
        try (TestStore server = new TestStore(folder.resolve("store"));
                TrainingRun run = new TrainingRun(
                        recipe,
                        scans.data(recipe),
                        Libtorch.start(DeviceChoice.CPU),
                        TrainingOptions.in(folder.resolve("work")).withoutCheckpoints())) {
            run.train(StopSignal.never(), new TrainingListener() {});
            ModelPackage sealed = PackageBuilder.build(
                    run,
                    new PackageBuilder.Identity(MODEL, null, "0".repeat(64), null, Instant.EPOCH),
                    folder.resolve("package"),
                    folder.resolve("beside"),
                    () -> {});
            Models models = new Models(server.store());
            models.publish(MODEL, sealed);
            Manifest manifest = scans.manifest();
            ModelJudge judge = new ModelJudge(models, recipe, scans::blob, folder.resolve("judged"));
            return new Judged(
                    judge.judge(MODEL, manifest, manifest.of(Split.TEST)),
                    judge.latencyMs(MODEL, manifest.of(Split.TEST)),
                    sealed.card().metrics().get("test"));
        }
    }
}
