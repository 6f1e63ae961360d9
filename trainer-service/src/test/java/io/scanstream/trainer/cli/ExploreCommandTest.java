package io.scanstream.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.scanstream.contracts.Json;
import io.scanstream.contracts.dataset.Exploration;
import io.scanstream.contracts.dataset.Split;
import io.scanstream.trainer.TestScans;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExploreCommandTest {
    @TempDir
    Path folder;

    private final ByteArrayOutputStream results = new ByteArrayOutputStream();
    private final ByteArrayOutputStream progress = new ByteArrayOutputStream();

    private int explore(String... arguments) {
        return ExploreCommand.execute(
                new PrintStream(results, true, StandardCharsets.UTF_8),
                new Console(new PrintStream(progress, true, StandardCharsets.UTF_8), false),
                arguments);
    }

    @Test
    void writesFiguresAndAPageAndEndsWithOneLine() throws Exception {
        new TestScans(16, "wide", "narrow")
                .with(Split.TRAIN, 5)
                .with(Split.TEST, 2)
                .writeTo(folder.resolve("data"));
        Path out = folder.resolve("look");

        assertThat(explore("--data", folder.resolve("data").toString(), "--out", out.toString()))
                .as(progress.toString(StandardCharsets.UTF_8))
                .isZero();

        Exploration figures = Json.read(Files.readAllBytes(out.resolve("exploration.json")), Exploration.class);
        assertThat(figures.images().get("test")).isEqualTo(Map.of("narrow", 2, "wide", 2));
        assertThat(Files.readString(out.resolve("exploration.html"))).contains("data:image/png");
        assertThat(results.toString(StandardCharsets.UTF_8).lines()).hasSize(1);
        assertThat(Json.read(results.toByteArray(), Exploration.class)).isEqualTo(figures);
    }

    @Test
    void saysWhatIsWrongWithTheData() {
        assertThat(explore("--data", folder.resolve("none").toString(), "--out", folder.toString()))
                .isEqualTo(1);
        assertThat(progress.toString(StandardCharsets.UTF_8))
                .contains("INVALID_DATASET")
                .contains("no folder");
    }
}
