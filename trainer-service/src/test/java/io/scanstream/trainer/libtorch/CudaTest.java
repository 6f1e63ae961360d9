package io.scanstream.trainer.libtorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.scanstream.contracts.dataset.Split;
import io.scanstream.contracts.recipe.Recipe;
import io.scanstream.trainer.TestScans;
import io.scanstream.trainer.training.EpochRecord;
import io.scanstream.trainer.training.StopSignal;
import io.scanstream.trainer.training.TrainingListener;
import io.scanstream.trainer.training.TrainingOptions;
import io.scanstream.trainer.training.TrainingRun;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("gpu")
class CudaTest {
    private static final int SIDE = 16;

    @TempDir
    Path folder;

    @BeforeEach
    void requireCuda() {
        Libtorch.start(DeviceChoice.AUTO);
        assumeThat(torch.cuda_is_available())
                .as("a CUDA device that libtorch sees")
                .isTrue();
    }

    @Test
    void startsWithTheCpusWeightsAndLearnsAlike() {
        List<EpochRecord> last = new ArrayList<>();
        for (DeviceChoice device : List.of(DeviceChoice.CPU, DeviceChoice.CUDA)) {
            Recipe recipe = TestScans.recipe(SIDE, Map.of("training.epochs", "10", "augmentation", "[]"));
            TestScans scans = new TestScans(SIDE, "plain", "wide", "narrow")
                    .with(Split.TRAIN, 20)
                    .with(Split.VALIDATION, 6)
                    .with(Split.TEST, 1);
            try (TrainingRun run = new TrainingRun(
                    recipe,
                    scans.data(recipe),
                    Libtorch.start(device),
                    TrainingOptions.in(folder.resolve(device.name())))) {
                run.train(StopSignal.never(), new TrainingListener() {});
                run.loadBest();
                last.add(run.state().history().get(9));
            }
        }
        assertThat(last.get(1).trainLoss()).isCloseTo(last.get(0).trainLoss(), within(0.2));
        assertThat(last.get(1).validationAccuracy()).isGreaterThan(0.9);
    }

    @Test
    void repeatsItselfWhereTheRecipeAsksForIt() {
        Recipe recipe = TestScans.recipe(SIDE, Map.of("training.epochs", "3", "training.deterministic", "true"));
        TestScans scans = new TestScans(SIDE, "plain", "wide", "narrow")
                .with(Split.TRAIN, 20)
                .with(Split.VALIDATION, 6)
                .with(Split.TEST, 1);
        List<float[]> weights = new ArrayList<>();
        for (String time : List.of("once", "again")) {
            try (TrainingRun run = new TrainingRun(
                    recipe,
                    scans.data(recipe),
                    Libtorch.start(DeviceChoice.CUDA),
                    TrainingOptions.in(folder.resolve(time)))) {
                run.train(StopSignal.never(), new TrainingListener() {});
                List<String> names = run.network().blueprint().trainedParameters();
                weights.add(run.network().weights(names.get(0)));
            }
        }
        assertThat(weights.get(1)).containsExactly(weights.get(0));
    }
}
