package io.scanstream.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.dataset.Split;
import io.scanstream.storage.ModelPackage;
import io.scanstream.trainer.TestScans;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
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
        int code = train("--epochs", "2", "--seed", "5", "--set", "training.batchSize=4");

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
