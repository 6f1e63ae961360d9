package io.scanstream.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.dataset.Split;
import io.scanstream.contracts.recipe.Recipe;
import io.scanstream.storage.ModelPackage;
import io.scanstream.trainer.TestScans;
import io.scanstream.trainer.libtorch.DeviceChoice;
import io.scanstream.trainer.libtorch.Libtorch;
import io.scanstream.trainer.network.Blueprints;
import io.scanstream.trainer.network.Network;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainCommandTest {
    private static final int SIDE = 16;

    private final ByteArrayOutputStream results = new ByteArrayOutputStream();
    private final ByteArrayOutputStream progress = new ByteArrayOutputStream();

    @TempDir
    Path folder;

    @BeforeEach
    void writeData() throws Exception {
        new TestScans(SIDE, "wide", "narrow")
                .with(Split.TRAIN, 12)
                .with(Split.TEST, 4)
                .writeTo(folder.resolve("data"));
        Files.writeString(folder.resolve("drawn.yaml"), TestScans.yaml(SIDE));
    }

    @Test
    void trainsAndEndsWithOneLineOfResults() throws Exception {
        int code = train(
                "--epochs", "2", "--seed", "5", "--set", "training.batchSize=4", "--set", "evaluation.focusClass=wide");

        assertThat(code).as(progress.toString(StandardCharsets.UTF_8)).isZero();
        JsonNode line = Json.mapper().readTree(results.toByteArray());
        assertThat(results.toString(StandardCharsets.UTF_8).lines()).hasSize(1);
        assertThat(line.path("recipe").asText()).isEqualTo("drawn");
        assertThat(line.path("epochs").asInt()).isEqualTo(2);
        assertThat(line.path("test").path("images").asInt()).isEqualTo(8);
        assertThat(line.path("test").path("accuracy").isNumber()).isTrue();
        assertThat(line.path("test").path("macroF1").isNumber()).isTrue();
        assertThat(line.path("test").path("auc").isNumber()).isTrue();
        assertThat(line.path("test").path("balancedAccuracy").isNumber()).isTrue();
        assertThat(line.path("test").path("focus").path("label").asText()).isEqualTo("wide");
        assertThat(line.path("test").path("focus").path("recall").isNumber()).isTrue();
        assertThat(line.path("seconds").asDouble()).isPositive();
        assertThat(folder.resolve("out/private/gallery.html")).exists();
        assertThat(folder.resolve("out/tensorboard")).isDirectoryContaining("glob:**events.out.tfevents.*");
        ModelPackage sealed = ModelPackage.read(Path.of(line.path("package").asText()));
        assertThat(sealed.card().seed()).isEqualTo(5);
        assertThat(sealed.card().recipe().training().batchSize()).isEqualTo(4);
        assertThat(sealed.card().dataset()).isNull();
        assertThat(progress.toString(StandardCharsets.UTF_8)).contains("epoch 1/2", "epoch 2/2", "libtorch 2.7.1");
    }

    @Test
    void saysHowManyEpochsItTrainedAndThatTheTrainingHasDied() throws Exception {
        int code = train(
                "--set", "optimizer={type: sgd, learningRate: 1.0e-12}",
                "--set", "schedule={type: constant}",
                "--set",
                        "network.layers=[{type: conv, out: 2}, {type: relu}, {type: adaptiveAveragePool}, {type: flatten},"
                                + " {type: linear}]",
                "--set", "training.earlyStopping={patience: 1, minDelta: 0.5}");

        assertThat(code).as(progress.toString(StandardCharsets.UTF_8)).isZero();
        JsonNode line = Json.mapper().readTree(results.toByteArray());
        assertThat(line.path("epochs").asInt()).isEqualTo(2);
        assertThat(line.path("bestEpoch").asInt()).isEqualTo(1);
        assertThat(line.path("warnings").path(0).asText()).contains("for one class");
    }

    @Test
    void aMissingOptionIsUsage() {
        assertThat(execute("--recipe", "x")).isEqualTo(2);
        assertThat(results.size()).isZero();
    }

    @Test
    void anUnknownRecipeOrFieldIsUsageAndNamesIt() {
        assertThat(execute("--recipe", "no-such", "--data", "d", "--out", "o")).isEqualTo(2);
        assertThat(progress.toString(StandardCharsets.UTF_8)).contains("no-such");
        assertThat(train("--set", "training.epoch=3")).isEqualTo(2);
        assertThat(progress.toString(StandardCharsets.UTF_8)).contains("training.epoch");
        assertThat(results.size()).isZero();
    }

    @Test
    void dataThatIsNotThereFails() {
        int code = execute(
                "--recipe", folder.resolve("drawn.yaml").toString(),
                "--data", folder.resolve("none").toString(),
                "--out", folder.resolve("out").toString());
        assertThat(code).isEqualTo(1);
        assertThat(progress.toString(StandardCharsets.UTF_8)).contains("INVALID_DATASET", "none");
    }

    @Test
    void doesNotWriteIntoAFolderThatHoldsSomething() throws Exception {
        Files.createDirectories(folder.resolve("out"));
        Files.writeString(folder.resolve("out/mine.txt"), "precious");
        assertThat(train()).isEqualTo(2);
        assertThat(folder.resolve("out")).isDirectoryContaining("glob:**mine.txt");
    }

    @Test
    void weightsThatAreNotThereFailSayingWhereToPutThem() {
        assertThat(train("--set", "network.weights=drawn-imagenet")).isEqualTo(1);
        assertThat(progress.toString(StandardCharsets.UTF_8))
                .contains("UNKNOWN_WEIGHTS", "weights/drawn-imagenet.safetensors", "--set network.weights=none");
    }

    @Test
    void exportsTheNetworkAsLoadedWithoutAnEpoch() throws Exception {
        Path file = folder.resolve("mine.safetensors");
        Recipe recipe = TestScans.recipe(SIDE, Map.of());
        Libtorch libtorch = Libtorch.start(DeviceChoice.CPU);
        try (Network network = new Network(Blueprints.of(recipe, 2), libtorch, 9)) {
            network.save(file);
        }
        int code = train("--epochs", "0", "--set", "schedule={type: constant}", "--set", "network.weights=" + file);
        assertThat(code).as(progress.toString(StandardCharsets.UTF_8)).isZero();
        assertThat(progress.toString(StandardCharsets.UTF_8)).contains("tensors loaded, 0 fresh, 0 missing");
        JsonNode line = Json.mapper().readTree(results.toByteArray());
        assertThat(ModelPackage.read(Path.of(line.path("package").asText()))
                        .card()
                        .bestEpoch())
                .isZero();
    }

    private int train(String... more) {
        String[] arguments = new String[6 + more.length];
        System.arraycopy(
                new String[] {
                    "--recipe", folder.resolve("drawn.yaml").toString(),
                    "--data", folder.resolve("data").toString(),
                    "--out", folder.resolve("out").toString()
                },
                0,
                arguments,
                0,
                6);
        System.arraycopy(more, 0, arguments, 6, more.length);
        return execute(arguments);
    }

    private int execute(String... arguments) {
        return TrainCommand.execute(
                new PrintStream(results, true, StandardCharsets.UTF_8),
                new Console(new PrintStream(progress, true, StandardCharsets.UTF_8), false),
                arguments);
    }
}
