package io.scanstream.trainer.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.scanstream.contracts.dataset.Split;
import io.scanstream.contracts.recipe.InvalidRecipeException;
import io.scanstream.contracts.recipe.Recipe;
import io.scanstream.trainer.TestScans;
import io.scanstream.trainer.libtorch.DeviceChoice;
import io.scanstream.trainer.libtorch.Libtorch;
import io.scanstream.trainer.network.Blueprint;
import io.scanstream.trainer.network.Blueprints;
import io.scanstream.trainer.network.Freezing;
import io.scanstream.trainer.network.LoadReport;
import io.scanstream.trainer.network.Network;
import io.scanstream.trainer.weights.WeightFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Trainings that begin with weights and leave some of them as they are. */
class PretrainedTrainingTest {
    private static final int SIDE = 32;
    private static final String HEAD = "fc.";

    private final Libtorch libtorch = Libtorch.start(DeviceChoice.CPU);
    private final TestScans scans = new TestScans(SIDE, "plain", "wide", "narrow")
            .with(Split.TRAIN, 4)
            .with(Split.VALIDATION, 2)
            .with(Split.TEST, 2);

    @TempDir
    Path folder;

    private Path file;
    private Map<String, float[]> stored;

    @BeforeEach
    void storeWeights() throws IOException {
        file = folder.resolve("weights.safetensors");
        try (Network network = new Network(Blueprints.of(recipe(Map.of()), 3), libtorch, 77)) {
            network.save(file);
            stored = weights(network);
        }
    }

    @Test
    void allButTheHeadStaysBitForBitAndHasNoStateInTheOptimizer() throws IOException {
        Recipe frozen = recipe(Map.of("network.freeze", "[allButHead]"));
        long frozenState;
        try (TrainingRun run = begun(frozen, "frozen")) {
            frozenState = trainOneStep(run);
            assertThat(changed(run)).isNotEmpty().allMatch(name -> name.startsWith(HEAD));
        }
        try (TrainingRun run = begun(recipe(Map.of("network.freeze", "[]")), "free")) {
            long freeState = trainOneStep(run);
            assertThat(changed(run)).contains("conv1.weight", "bn1.weight", "bn1.running_mean", "fc.weight");
            assertThat(frozenState).isLessThan(freeState / 10);
        }
    }

    @Test
    void unfrozenParametersLearnFromTheirEpochOnAlsoAfterAResume() throws IOException {
        Recipe recipe = recipe(Map.of(
                "network.freeze", "[allButHead]",
                "training.unfreeze", "[{epoch: 2, match: 'layer4.*'}, {epoch: 3, match: 'layer3.1.conv2.*'}]",
                "training.epochs", "3",
                "training.batchSize", "4",
                "optimizer", "{type: adam, learningRate: 0.003}"));
        List<Set<String>> byEpoch = new ArrayList<>();
        Map<String, float[]> whole;
        try (TrainingRun run = begun(recipe, "whole")) {
            run.train(StopSignal.never(), new TrainingListener() {
                @Override
                public void epochCompleted(EpochRecord epoch, boolean best, double etaSeconds) {
                    byEpoch.add(changed(run));
                }
            });
            whole = weights(run.network());
        }
        assertThat(byEpoch.get(0)).allMatch(name -> name.startsWith(HEAD));
        assertThat(byEpoch.get(1))
                .contains("layer4.0.bn1.running_mean", "layer4.1.conv2.weight")
                .allMatch(name -> name.startsWith(HEAD) || name.startsWith("layer4."));
        assertThat(byEpoch.get(2))
                .contains("layer3.1.conv2.weight")
                .doesNotContain("layer3.1.conv1.weight", "layer3.1.bn2.weight");

        // Stopped in every epoch and taken up by another run each time.
        Path checkpoint = null;
        for (int slice = 0; ; slice++) {
            try (TrainingRun run = run(recipe, "slice-" + slice)) {
                if (checkpoint == null) {
                    begin(run);
                } else {
                    run.resume(Checkpoint.read(checkpoint));
                }
                Path[] kept = new Path[1];
                int[] asked = {0};
                StopSignal stop = () -> asked[0]++ >= 2;
                if (run.train(stop, new TrainingListener() {
                            @Override
                            public void checkpointed(Checkpoint one) {
                                kept[0] = one.folder();
                            }
                        })
                        == TrainingRun.Outcome.COMPLETED) {
                    assertThat(slice).isGreaterThan(2);
                    Map<String, float[]> resumed = weights(run.network());
                    whole.forEach((name, values) ->
                            assertThat(resumed.get(name)).as(name).isEqualTo(values));
                    return;
                }
                checkpoint = kept[0];
            }
        }
    }

    @Test
    void theAverageOfWeightsStartsAtThoseThatWereLoaded() throws IOException {
        Recipe recipe = recipe(Map.of("network.freeze", "[allButHead]", "training.averageDecay", "0.5"));
        try (TrainingRun run = begun(recipe, "averaged")) {
            run.train(StopSignal.never(), new TrainingListener() {});
            run.loadBest();
            assertThat(changed(run)).isNotEmpty().allMatch(name -> name.startsWith(HEAD));
        }
    }

    @Test
    void noEpochsKeepTheNetworkAsLoaded() throws IOException {
        try (TrainingRun run = begun(recipe(Map.of("training.epochs", "0")), "none")) {
            assertThat(run.train(StopSignal.never(), new TrainingListener() {}))
                    .isEqualTo(TrainingRun.Outcome.COMPLETED);
            run.loadBest();
            assertThat(run.bestEpoch()).isZero();
            assertThat(changed(run)).isEmpty();
        }
    }

    @Test
    void aNewHeadIsFreshAndTheOldOneIsTold() throws IOException {
        Recipe recipe = recipe(Map.of("network.head", "[{type: dropout}, {type: linear}]"));
        try (TrainingRun run = run(recipe, "head")) {
            LoadReport report = begin(run);
            assertThat(report.fresh()).containsExactly("fc.1.weight", "fc.1.bias");
            assertThat(report.unexpected()).containsExactlyInAnyOrder("fc.weight", "fc.bias");
            assertThat(report.lines()).contains("fresh: fc.1.weight", "unexpected: fc.weight");
        }
    }

    @Test
    void aHeadOfAnotherSizeIsRefusedSayingWhatToDo() throws IOException {
        TestScans two = new TestScans(SIDE, "plain", "wide")
                .with(Split.TRAIN, 2)
                .with(Split.VALIDATION, 2)
                .with(Split.TEST, 2);
        Recipe recipe = recipe(Map.of());
        try (TrainingRun run = new TrainingRun(recipe, two.data(recipe), libtorch, TrainingOptions.in(folder))) {
            assertThatThrownBy(() -> begin(run))
                    .isInstanceOf(InvalidRecipeException.class)
                    .hasMessageContaining("fc.weight is [3, 512] there, the network's is [2, 512]")
                    .hasMessageContaining("fc.bias")
                    .hasMessageContaining("network.head: [{type: linear}]");
        }
    }

    @Test
    void withoutWeightsNothingIsFrozen() {
        Recipe recipe = recipe(Map.of("network.weights", "none", "network.freeze", "[allButHead]"));
        try (TrainingRun run = run(recipe, "free")) {
            run.train(StopSignal.never(), new TrainingListener() {});
            assertThat(run.state().history()).hasSize(1);
            Network fresh = new Network(
                    Blueprints.of(recipe, 3), libtorch, recipe.training().seed());
            assertThat(run.network().weights("conv1.weight")).isNotEqualTo(fresh.weights("conv1.weight"));
            fresh.close();
        }
    }

    @Test
    void patternsThatMatchNothingAreMistakes() {
        Recipe recipe = recipe(Map.of(
                "network.freeze", "[allButHead, layer9.*]",
                "training.unfreeze", "[{epoch: 1, match: 'fc.*'}, {epoch: 1, match: conv7}]"));
        assertThatThrownBy(() -> run(recipe, "wrong"))
                .isInstanceOf(InvalidRecipeException.class)
                .hasMessageContaining("recipe.network.freeze[1]: 'layer9.*' matches none")
                .hasMessageContaining("recipe.training.unfreeze[0].match: 'fc.*' matches nothing that is frozen")
                .hasMessageContaining("recipe.training.unfreeze[1].match: 'conv7' matches none");
    }

    @Test
    void weightsOfWhichNothingIsTakenAreAMistake() {
        assertThatThrownBy(() -> begun(recipe(Map.of("network.load", "['*', 'layr4.*']")), "slip"))
                .isInstanceOf(InvalidRecipeException.class)
                .hasMessageContaining("recipe.network.load[1]: 'layr4.*' matches none");
    }

    @Test
    void aNetworkOfWhichNothingLearnsIsAMistake() {
        assertThatThrownBy(() -> run(recipe(Map.of("network.freeze", "['*']")), "frozen"))
                .isInstanceOf(InvalidRecipeException.class)
                .hasMessageContaining("recipe.network.freeze: leaves nothing to learn");
        Recipe thawed = recipe(Map.of(
                "network.freeze", "['*']",
                "training.unfreeze", "[{epoch: 1, match: 'fc.*'}, {epoch: 2, match: allButHead}]",
                "training.epochs", "2"));
        Blueprint blueprint = Blueprints.of(thawed, 3);
        Freezing freezing = new Freezing(thawed, blueprint);
        assertThat(freezing.at(0)).contains("conv1.weight").doesNotContain("fc.weight");
        assertThat(freezing.at(1)).isEmpty();
    }

    /** Returns the size of the optimizer's state after the run. */
    private long trainOneStep(TrainingRun run) {
        long[] bytes = new long[1];
        run.train(StopSignal.never(), new TrainingListener() {
            @Override
            public void checkpointed(Checkpoint checkpoint) {
                try {
                    bytes[0] = Files.size(checkpoint.folder().resolve(Checkpoint.OPTIMIZER));
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            }
        });
        return bytes[0];
    }

    private Set<String> changed(TrainingRun run) {
        Set<String> changed = new HashSet<>();
        weights(run.network()).forEach((name, values) -> {
            if (!java.util.Arrays.equals(values, stored.get(name))) {
                changed.add(name);
            }
        });
        return changed;
    }

    private TrainingRun begun(Recipe recipe, String name) throws IOException {
        TrainingRun run = run(recipe, name);
        begin(run);
        return run;
    }

    private LoadReport begin(TrainingRun run) throws IOException {
        try (WeightFile weights = WeightFile.open(file)) {
            return run.begin(weights);
        }
    }

    private TrainingRun run(Recipe recipe, String name) {
        return new TrainingRun(recipe, scans.data(recipe), libtorch, TrainingOptions.in(folder.resolve(name)));
    }

    private static Recipe recipe(Map<String, String> replaced) {
        Map<String, String> all = new HashMap<>(Map.of(
                "network", "{architecture: resnet18, weights: stored}",
                "augmentation", "[]",
                "optimizer", "{type: sgd, learningRate: 0.01, momentum: 0.9}",
                "schedule", "{type: constant}",
                "training.epochs", "1",
                "training.batchSize", "6"));
        Map<String, String> ordered = new java.util.TreeMap<>(all);
        ordered.putAll(replaced);
        return TestScans.recipe(SIDE, ordered);
    }

    private static Map<String, float[]> weights(Network network) {
        Map<String, float[]> weights = new HashMap<>();
        network.shapes().keySet().forEach(name -> weights.put(name, network.weights(name)));
        return weights;
    }
}
