package io.scanstream.trainer.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.dataset.Split;
import io.scanstream.contracts.model.Golden;
import io.scanstream.contracts.model.Metrics;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.contracts.recipe.Recipe;
import io.scanstream.contracts.recipe.RecipeReader;
import io.scanstream.storage.ModelPackage;
import io.scanstream.trainer.TestScans;
import io.scanstream.trainer.libtorch.DeviceChoice;
import io.scanstream.trainer.libtorch.Libtorch;
import io.scanstream.trainer.onnx.OnnxModel;
import io.scanstream.trainer.training.StopSignal;
import io.scanstream.trainer.training.TrainingListener;
import io.scanstream.trainer.training.TrainingOptions;
import io.scanstream.trainer.training.TrainingRun;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PackageBuilderTest {
    private static final int SIDE = 16;

    @TempDir
    Path folder;

    @Test
    void writesAPackageThatVerifiesAndScoresWell() throws Exception {
        TestScans scans = new TestScans(SIDE, "plain", "wide", "narrow")
                .with(Split.TRAIN, 20)
                .with(Split.VALIDATION, 6)
                .with(Split.TEST, 8);
        ModelPackage sealed = build(scans, Map.of());

        assertThat(sealed.card().classes()).containsExactly("narrow", "plain", "wide");
        assertThat(sealed.card().parityMaxAbs()).isLessThan(1e-4);
        assertThat(sealed.card().threshold()).isNull();
        assertThat(sealed.card().images()).containsEntry("train", 60).containsEntry("test", 24);
        Metrics test = sealed.card().metrics().get("test");
        assertThat(test.images()).isEqualTo(24);
        assertThat(test.accuracy()).isGreaterThan(0.9);
        assertThat(RecipeReader.read(Files.readAllBytes(sealed.folder().resolve(ModelPackage.RECIPE)))
                        .sha256())
                .isEqualTo(sealed.card().recipeSha256());
        String report = Files.readString(sealed.folder().resolve(ModelPackage.REPORT));
        assertThat(report).contains("drawn v1", "narrow", "decided", "<svg", "Research use only");
        assertThat(report).doesNotContain("http://", "https://", "<script");
        assertThat(sealed.golden().cases().stream().map(Golden.Case::decision).distinct())
                .containsExactlyInAnyOrder("narrow", "plain", "wide");
        assertThat(sealed.golden().cases().stream().map(Golden.Case::file))
                .contains("size-1x1.png", "size-301x17.png", "class-0.png");
        try (OnnxModel model = new OnnxModel(Files.readAllBytes(sealed.onnx()))) {
            assertThat(model.metadata().classes()).isEqualTo(sealed.card().classes());
            assertThat(model.metadata().preprocessing()).isEqualTo(sealed.card().preprocessing());
            assertThat(model.outputs()).containsExactlyInAnyOrder("probabilities", "logits", "features");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"narrow", "wide"})
    void aSingleLogitSpeaksForThePositiveClassWhicheverItsPlace(String positive) throws Exception {
        TestScans scans = new TestScans(SIDE, "wide", "narrow")
                .with(Split.TRAIN, 20)
                .with(Split.VALIDATION, 6)
                .with(Split.TEST, 8);
        ModelPackage sealed = build(scans, Map.of("loss", "{type: bceWithLogits}", "data.positiveClass", positive));

        assertThat(sealed.card().classes()).containsExactly("narrow", "wide");
        assertThat(sealed.card().metrics().get("test").accuracy()).isGreaterThan(0.9);
        assertThat(sealed.card().metrics().get("test").rocAuc()).isGreaterThan(0.95);
        int index = sealed.card().classes().indexOf(positive);
        for (Golden.Case golden : sealed.golden().cases()) {
            assertThat(golden.logits()).hasSize(1);
            double p = 1 / (1 + Math.exp(-golden.logits().get(0)));
            assertThat(golden.probabilities().get(index)).isCloseTo(p, within(1e-6));
            assertThat(golden.probabilities().get(1 - index)).isCloseTo(1 - p, within(1e-6));
        }
    }

    @Test
    void refusesATrainingThatIsNotCompleted() {
        Recipe recipe = TestScans.recipe(SIDE, Map.of());
        TestScans scans =
                new TestScans(SIDE, "wide", "narrow").with(Split.TRAIN, 8).with(Split.TEST, 2);
        try (TrainingRun run = run(scans, recipe)) {
            run.train(() -> true, new TrainingListener() {});
            assertThatThrownBy(() -> PackageBuilder.build(run, identity(), folder.resolve("package")))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("epoch 1, step 0");
        }
    }

    @Test
    void aPackageThatWasChangedIsRefused() throws Exception {
        TestScans scans =
                new TestScans(SIDE, "wide", "narrow").with(Split.TRAIN, 8).with(Split.TEST, 2);
        ModelPackage sealed = build(scans, Map.of("training.epochs", "2"));
        Path onnx = sealed.onnx();
        byte[] file = Files.readAllBytes(onnx);
        file[file.length / 2] ^= 1;
        Files.write(onnx, file);
        assertThatThrownBy(() -> ModelPackage.read(sealed.folder()))
                .isInstanceOf(ScanstreamException.class)
                .hasMessageContaining("model.onnx");
    }

    private ModelPackage build(TestScans scans, Map<String, String> replaced) {
        Map<String, String> all =
                new HashMap<>(Map.of("training.epochs", "15", "optimizer", "{type: adam, learningRate: 0.01}"));
        all.putAll(replaced);
        try (TrainingRun run = run(scans, TestScans.recipe(SIDE, all))) {
            run.train(StopSignal.never(), new TrainingListener() {});
            return PackageBuilder.build(run, identity(), folder.resolve("package"));
        }
    }

    private TrainingRun run(TestScans scans, Recipe recipe) {
        return new TrainingRun(
                recipe,
                scans.data(recipe),
                Libtorch.start(DeviceChoice.CPU),
                TrainingOptions.in(folder.resolve("work")));
    }

    private static PackageBuilder.Identity identity() {
        return new PackageBuilder.Identity(new ModelVersion("drawn", "v1"), null, "0".repeat(64), null, Instant.EPOCH);
    }
}
