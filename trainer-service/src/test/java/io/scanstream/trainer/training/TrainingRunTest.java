package io.scanstream.trainer.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.dataset.Split;
import io.scanstream.contracts.recipe.Metric;
import io.scanstream.contracts.recipe.Recipe;
import io.scanstream.trainer.TestScans;
import io.scanstream.trainer.data.TrainingData;
import io.scanstream.trainer.libtorch.DeviceChoice;
import io.scanstream.trainer.libtorch.Libtorch;
import io.scanstream.trainer.network.Network;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class TrainingRunTest {
    private static final int SIDE = 16;

    private final Libtorch libtorch = Libtorch.start(DeviceChoice.CPU);
    private final TestScans scans = new TestScans(SIDE, "plain", "wide", "narrow")
            .with(Split.TRAIN, 12)
            .with(Split.VALIDATION, 4)
            .with(Split.TEST, 2);

    @TempDir
    Path folder;

    /** Keeps the newest checkpoint as a store would: by copying its files. */
    private final class Keeper implements TrainingListener {
        private final List<Checkpoint> kept = new ArrayList<>();

        @Override
        public void checkpointed(Checkpoint checkpoint) {
            try {
                Path copy = folder.resolve("kept-" + kept.size());
                Files.createDirectories(copy);
                for (Path file : checkpoint.files()) {
                    Files.copy(file, copy.resolve(file.getFileName()));
                }
                kept.add(Checkpoint.read(copy));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        Checkpoint last() {
            return kept.get(kept.size() - 1);
        }
    }

    /** Asks to stop when it has been asked so many times: before step n + 1. */
    private static StopSignal afterSteps(int steps) {
        int[] asked = {0};
        return () -> asked[0]++ >= steps;
    }

    static Stream<Map<String, String>> recipes() {
        return Stream.of(
                Map.of("optimizer", "{type: sgd, learningRate: 0.05, momentum: 0.9, weightDecay: 0.001}"),
                Map.of("optimizer", "{type: adam, learningRate: 0.003}", "schedule", "{type: oneCycle}"),
                Map.of(
                        "optimizer", "{type: adamW, learningRate: 0.003, groups: [{match: '0.*', weightDecay: 0}]}",
                        "schedule", "{type: reduceOnPlateau, patience: 0, minDelta: 0.5}",
                        "augmentation", "[{type: mixup}, {type: verticalFlip}]",
                        "training.accumulationSteps", "2",
                        "training.averageDecay", "0.9",
                        "training.clipGradientNorm", "1.0",
                        "training.oversampling", "{balanced: true}"));
    }

    @ParameterizedTest
    @MethodSource("recipes")
    void interruptedAtRandomStepsEndsWithTheSameWeightsBitForBit(Map<String, String> replaced) {
        Recipe recipe = TestScans.recipe(SIDE, replaced);
        Map<String, float[]> uninterrupted;
        List<EpochRecord> history;
        try (TrainingRun run = run(recipe, "whole")) {
            assertThat(run.train(StopSignal.never(), new TrainingListener() {}))
                    .isEqualTo(TrainingRun.Outcome.COMPLETED);
            uninterrupted = weights(run.network());
            history = run.state().history();
        }

        long seed = System.nanoTime();
        System.out.println("stops drawn from seed " + seed);
        Random random = new Random(seed);
        Keeper keeper = new Keeper();
        for (int slice = 0; ; slice++) {
            try (TrainingRun run = run(recipe, "slice-" + slice)) {
                if (slice > 0) {
                    run.resume(keeper.last());
                }
                // 4 epochs of 5 steps or more; mid-epoch stops, also before the very first step.
                int steps = slice < 5 ? random.nextInt(4) / recipe.training().accumulationSteps() : 1000;
                if (run.train(afterSteps(steps), keeper) == TrainingRun.Outcome.STOPPED) {
                    continue;
                }
                assertThat(slice).isEqualTo(5);
                Map<String, float[]> resumed = weights(run.network());
                uninterrupted.forEach(
                        (name, values) -> assertThat(resumed.get(name)).as(name).isEqualTo(values));
                assertThat(run.state().history())
                        .usingRecursiveComparison()
                        .ignoringFields("imagesPerSecond", "inputImagesPerSecond")
                        .isEqualTo(history);
                run.loadBest();
                assertThat(run.bestEpoch()).isBetween(1, 4);
                return;
            }
        }
    }

    @Test
    void repeatsWhateverTheNumberOfLoaderThreads() {
        Recipe recipe = TestScans.recipe(SIDE, Map.of());
        List<Map<String, float[]>> results = new ArrayList<>();
        for (int threads : new int[] {1, 3}) {
            TrainingOptions options =
                    new TrainingOptions(folder.resolve("threads-" + threads), null, Duration.ofSeconds(2), threads);
            try (TrainingRun run = new TrainingRun(recipe, scans.data(recipe), libtorch, options)) {
                run.train(StopSignal.never(), new TrainingListener() {});
                results.add(weights(run.network()));
            }
        }
        results.get(0)
                .forEach((name, values) ->
                        assertThat(results.get(1).get(name)).as(name).isEqualTo(values));
    }

    @ParameterizedTest
    @ValueSource(strings = {"{type: crossEntropy}", "{type: bceWithLogits}"})
    void learnsEightImagesByHeart(String loss) {
        TestScans eight = new TestScans(SIDE, "wide", "narrow")
                .with(Split.TRAIN, 4)
                .with(Split.VALIDATION, 4)
                .with(Split.TEST, 1);
        Recipe recipe = TestScans.recipe(
                SIDE,
                Map.of(
                        "loss", loss,
                        "augmentation", "[]",
                        "optimizer", "{type: adam, learningRate: 0.01}",
                        "training.epochs", "60"));
        TrainingData data = eight.data(recipe);
        try (TrainingRun run = new TrainingRun(
                recipe, data, libtorch, TrainingOptions.in(folder).withoutCheckpoints())) {
            run.train(StopSignal.never(), new TrainingListener() {});
            EpochRecord last = run.state().history().get(59);
            assertThat(last.trainLoss()).isLessThan(0.05);
            assertThat(last.validationAccuracy()).isEqualTo(1);
        }
    }

    @Test
    void keepsTheBestEpochsWeights() {
        Recipe recipe = TestScans.recipe(SIDE, Map.of("training.bestMetric", "loss", "training.epochs", "6"));
        List<Integer> best = new ArrayList<>();
        TrainingListener listener = new TrainingListener() {
            @Override
            public void epochCompleted(EpochRecord epoch, boolean isBest, double etaSeconds) {
                if (isBest) {
                    best.add(epoch.epoch());
                }
            }
        };
        try (TrainingRun run = run(recipe, "best")) {
            run.train(StopSignal.never(), listener);
            double lowest = run.state().history().stream()
                    .mapToDouble(EpochRecord::validationLoss)
                    .min()
                    .orElseThrow();
            assertThat(run.state().history().get(run.bestEpoch() - 1).validationLoss())
                    .isEqualTo(lowest);
            assertThat(best).last().isEqualTo(run.bestEpoch());
        }
    }

    @Test
    void endsAfterSoManySteps() {
        // 36 images are 5 steps an epoch.
        Recipe recipe = TestScans.recipe(SIDE, Map.of("training.epochs", "9", "training.maxSteps", "7"));
        try (TrainingRun run = run(recipe, "steps")) {
            run.train(StopSignal.never(), new TrainingListener() {});

            assertThat(run.completed()).isTrue();
            assertThat(run.state().history()).hasSize(2);
        }
    }

    @Test
    void endsWhenItGetsNoBetter() {
        Recipe recipe = TestScans.recipe(
                SIDE,
                Map.of(
                        "optimizer", "{type: sgd, learningRate: 1.0e-12}",
                        "training.epochs", "50",
                        "training.earlyStopping", "{patience: 3, minDelta: 0.5}"));
        try (TrainingRun run = run(recipe, "early")) {
            assertThat(run.train(StopSignal.never(), new TrainingListener() {}))
                    .isEqualTo(TrainingRun.Outcome.COMPLETED);

            assertThat(run.state().history()).hasSize(4);
        }
    }

    @Test
    void saysThatATrainingHasLearnedNothing() {
        Recipe recipe = TestScans.recipe(
                SIDE,
                Map.of(
                        "optimizer", "{type: sgd, learningRate: 1.0e-12}",
                        "training.epochs", "1",
                        "schedule", "{type: constant}",
                        "network.layers",
                                "[{type: conv, out: 2}, {type: relu}, {type: adaptiveAveragePool}, {type: flatten}, {type: linear}]"));
        try (TrainingRun run = run(recipe, "dead")) {
            run.train(StopSignal.never(), new TrainingListener() {});

            assertThat(run.warnings()).singleElement().asString().contains("for one class");
        }
    }

    @Test
    void keepsTheAverageOfTheWeightsAsTheBest() throws IOException {
        Recipe recipe = TestScans.recipe(SIDE, Map.of("training.averageDecay", "0.9", "training.epochs", "2"));
        try (TrainingRun run = run(recipe, "average")) {
            run.train(StopSignal.never(), new TrainingListener() {});
            Map<String, float[]> last = weights(run.network());
            run.loadBest();

            assertThat(weights(run.network()).get("0.weight")).isNotEqualTo(last.get("0.weight"));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{type: crossEntropy}",
                "{type: bceWithLogits}",
                "{type: combined, parts: [{loss: {type: bceWithLogits}}, {loss: {type: dice}}]}"
            })
    void learnsMasks(String loss) {
        TestScans masks = new TestScans(SIDE, "back", "gland")
                .withMasks(Split.TRAIN, 8)
                .withMasks(Split.VALIDATION, 4)
                .withMasks(Split.TEST, 1);
        Recipe recipe = TestScans.recipe(
                SIDE,
                Map.of(
                        "network.layers",
                                "[{type: conv, out: 8, padding: 1}, {type: relu}, {type: conv, out: "
                                        + (loss.contains("bce") ? 1 : 2) + ", kernel: 1}]",
                        "loss", loss,
                        "augmentation", "[{type: horizontalFlip}]",
                        "optimizer", "{type: adam, learningRate: 0.03}",
                        "schedule", "{type: constant}",
                        "training", "{epochs: 20, batchSize: 4, bestMetric: dice}"));
        try (TrainingRun run = new TrainingRun(
                recipe, masks.data(recipe), libtorch, TrainingOptions.in(folder).withoutCheckpoints())) {
            run.train(StopSignal.never(), new TrainingListener() {});

            EpochRecord best = run.state().history().get(run.bestEpoch() - 1);
            assertThat(best.validation(Metric.DICE)).isGreaterThan(0.98);
            assertThat(run.warnings()).isEmpty();
        }
    }

    @Test
    void writesACheckpointAtEveryEpochsEndAndWithinLongEpochs() {
        Recipe recipe = TestScans.recipe(SIDE, Map.of("training.epochs", "2"));
        Keeper keeper = new Keeper();
        TrainingOptions always = new TrainingOptions(folder.resolve("always"), Duration.ZERO, Duration.ofSeconds(2), 1);
        try (TrainingRun run = new TrainingRun(recipe, scans.data(recipe), libtorch, always)) {
            run.train(StopSignal.never(), keeper);
        }
        assertThat(keeper.kept.stream()
                        .map(checkpoint -> checkpoint.state().epoch() + "."
                                + checkpoint.state().step()))
                .containsExactly("0.0", "0.1", "0.2", "0.3", "0.4", "1.0", "1.0", "1.1", "1.2", "1.3", "1.4", "2.0");
    }

    @Test
    void aCompletedTrainingResumesAsCompleted() {
        Recipe recipe = TestScans.recipe(SIDE, Map.of("training.epochs", "1", "schedule", "{type: constant}"));
        Keeper keeper = new Keeper();
        try (TrainingRun run = run(recipe, "first")) {
            run.train(StopSignal.never(), keeper);
        }
        try (TrainingRun run = run(recipe, "second")) {
            run.resume(keeper.last());
            assertThat(run.train(() -> true, new TrainingListener() {})).isEqualTo(TrainingRun.Outcome.COMPLETED);
            run.loadBest();
        }
    }

    @Test
    void refusesAnotherRecipesCheckpoint() {
        Keeper keeper = new Keeper();
        try (TrainingRun run = run(TestScans.recipe(SIDE, Map.of()), "one")) {
            run.train(afterSteps(2), keeper);
        }
        try (TrainingRun run = run(TestScans.recipe(SIDE, Map.of("training.seed", "9")), "other")) {
            assertThatThrownBy(() -> run.resume(keeper.last())).hasMessageContaining("is of the recipe");
        }
    }

    @Test
    void goesOnFromACheckpointOfAReleaseWhoseRecipesSaidLess() throws IOException {
        Recipe recipe = TestScans.recipe(SIDE, Map.of());
        Keeper keeper = new Keeper();
        try (TrainingRun run = run(recipe, "older")) {
            run.train(afterSteps(2), keeper);
        }
        Path file = keeper.last().folder().resolve("state.json");
        String written = Files.readString(file);
        String older =
                written.replaceAll("\"testTimeAugmentation\"[^,]*,", "").replaceAll("\"deterministic\"[^,]*,", "");
        assertThat(older).isNotEqualTo(written);
        Files.writeString(file, older);
        try (TrainingRun run = run(recipe, "newer")) {
            run.resume(Checkpoint.read(keeper.last().folder()));
            assertThat(run.train(StopSignal.never(), new TrainingListener() {}))
                    .isEqualTo(TrainingRun.Outcome.COMPLETED);
        }
    }

    @Test
    void aStopIsHeededDuringValidationButForAValidationThatIsAllThereIsToDo() {
        Recipe recipe = TestScans.recipe(SIDE, Map.of("training.epochs", "1", "schedule", "{type: constant}"));
        Keeper keeper = new Keeper();
        try (TrainingRun run = run(recipe, "stopped")) {
            AtomicInteger asked = new AtomicInteger();
            // Once before each of the 5 steps, and then before the first batch of the validation.
            assertThat(run.train(() -> asked.incrementAndGet() > 5, keeper)).isEqualTo(TrainingRun.Outcome.STOPPED);
            assertThat(run.state().step()).isEqualTo(5);
            assertThat(run.state().history()).isEmpty();
            assertThat(run.completed()).isFalse();
        }
        try (TrainingRun run = run(recipe, "resumed")) {
            run.resume(keeper.last());
            assertThat(run.train(() -> true, new TrainingListener() {})).isEqualTo(TrainingRun.Outcome.COMPLETED);
            assertThat(run.state().history()).hasSize(1);
        }
    }

    @Test
    void endsATrainingWhoseLossIsNoNumber() {
        Recipe recipe = TestScans.recipe(
                SIDE,
                Map.of(
                        "optimizer",
                        "{type: sgd, learningRate: 1.0e+30}",
                        "training.epochs",
                        "50",
                        "schedule",
                        "{type: constant}"));
        try (TrainingRun run = run(recipe, "diverging")) {
            assertThatThrownBy(() -> run.train(StopSignal.never(), new TrainingListener() {}))
                    .isInstanceOfSatisfying(
                            ScanstreamException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.TRAINING_DIVERGED))
                    .hasMessageContaining("learningRate");
        }
    }

    @Test
    void nativeMemoryStaysFlat() {
        List<Long> bytes = new ArrayList<>();
        TrainingListener listener = new TrainingListener() {
            @Override
            public void epochCompleted(EpochRecord epoch, boolean best, double etaSeconds) {
                bytes.add(Pointer.physicalBytes());
            }
        };
        Recipe large = TestScans.recipe(64, Map.of("training.epochs", "40"));
        TestScans largeScans = new TestScans(64, "wide", "narrow")
                .with(Split.TRAIN, 16)
                .with(Split.VALIDATION, 4)
                .with(Split.TEST, 1);
        try (TrainingRun run = new TrainingRun(
                large,
                largeScans.data(large),
                libtorch,
                TrainingOptions.in(folder).withoutCheckpoints())) {
            run.train(StopSignal.never(), listener);
        }
        // 30 epochs of 4 steps of some 20 MB each: a leak of one in ten tensors would be seen.
        long growth = bytes.get(39) - bytes.get(9);
        assertThat(growth).as("growth in bytes from epoch 10 to 40").isLessThan(100L << 20);
    }

    private TrainingRun run(Recipe recipe, String name) {
        return new TrainingRun(recipe, scans.data(recipe), libtorch, TrainingOptions.in(folder.resolve(name)));
    }

    private static Map<String, float[]> weights(Network network) {
        Map<String, float[]> weights = new HashMap<>();
        network.shapes().keySet().forEach(name -> weights.put(name, network.weights(name)));
        return weights;
    }
}
