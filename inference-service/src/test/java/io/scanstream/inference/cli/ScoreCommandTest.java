package io.scanstream.inference.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.scanstream.contracts.Json;
import io.scanstream.inference.TinyModel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScoreCommandTest {
    @TempDir
    Path folder;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private Path model;

    @BeforeEach
    void writeModel() {
        model = folder.resolve("model");
        TinyModel.aModel().write(model);
    }

    @Test
    void printsOneLineForEachFileInOrder() throws IOException {
        Path green = write("b/green.png", TinyModel.png(10, 200, 30, 20, 30));
        Path red = write("a.png", TinyModel.png(200, 10, 30, 16, 16));

        int code = score(green.toString(), red.toString());

        assertThat(code).isZero();
        List<JsonNode> lines = lines();
        assertThat(lines).hasSize(2);
        assertThat(lines.get(0).get("file").asText()).isEqualTo(green.toString());
        assertThat(lines.get(0).get("model").asText()).isEqualTo("tiny");
        assertThat(lines.get(0).get("version").asText()).isEqualTo("20260101-000000-00000001");
        assertThat(lines.get(0).get("decision").asText()).isEqualTo("cancer");
        assertThat(lines.get(0).get("probabilities").fieldNames())
                .toIterable()
                .containsExactly("benign", "cancer", "normal");
        assertThat(lines.get(0).get("probabilities").get("cancer").asDouble())
                .isCloseTo(TinyModel.probabilities(10, 200, 30)[1], Offset.offset(1e-6));
        assertThat(lines.get(1).get("decision").asText()).isEqualTo("benign");
    }

    @Test
    void aSegmentersLineHasItsRegions() throws IOException {
        Path segmenter = folder.resolve("segmenter");
        TinyModel.aModel().segmenting().write(segmenter);
        Path green = write("green.png", TinyModel.png(10, 200, 30, 20, 30));

        int code = ScoreCommand.run(
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                "--model",
                segmenter.toString(),
                green.toString());

        assertThat(code).isZero();
        JsonNode regions = lines().get(0).get("regions");
        assertThat(regions.get("shares").get("cancer").asDouble()).isEqualTo(1);
        assertThat(regions.get("widthPx").asInt()).isEqualTo(TinyModel.SIDE);
        assertThat(regions.get("mask").asText()).startsWith("iVBORw0KGgo");
    }

    @Test
    void aGuardedModelsLineSaysHowNovelAScanIs() throws IOException {
        Path guarded = folder.resolve("guarded");
        TinyModel.aModel().flaggingAbove(12).write(guarded);
        Path red = write("red.png", TinyModel.png(200, 10, 30, 20, 30));
        Path green = write("green.png", TinyModel.png(10, 200, 30, 20, 30));

        int code = ScoreCommand.run(
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                "--model",
                guarded.toString(),
                red.toString(),
                green.toString());

        assertThat(code).isZero();
        assertThat(lines().get(0).at("/novelty/distance").asDouble()).isCloseTo(20, Offset.offset(1e-4));
        assertThat(lines().get(0).at("/novelty/flagged").asBoolean()).isTrue();
        assertThat(lines().get(1).at("/novelty/threshold").asDouble()).isEqualTo(12);
        assertThat(lines().get(1).at("/novelty/flagged").asBoolean()).isFalse();
    }

    @Test
    void aFolderMeansItsFilesSortedWithoutHiddenOnes() throws IOException {
        Path second = write("scans/b/2.png", TinyModel.png(0, 0, 200, 16, 16));
        Path first = write("scans/a/1.png", TinyModel.png(0, 0, 200, 16, 16));
        Path third = write("scans/c.png", TinyModel.png(0, 0, 200, 16, 16));
        write("scans/.thumbs/x.png", TinyModel.png(0, 0, 200, 16, 16));

        int code = score(folder.resolve("scans").toString());

        assertThat(code).isZero();
        assertThat(lines())
                .extracting(line -> line.get("file").asText())
                .containsExactly(first.toString(), second.toString(), third.toString());
    }

    @Test
    void whatIsNoImageGetsAnErrorOfItsOwnAndTheRestIsScored() throws IOException {
        Path broken = write("1.png", "no image".getBytes(StandardCharsets.UTF_8));
        Path missing = folder.resolve("2.png");
        Path fine = write("3.png", TinyModel.png(0, 0, 200, 16, 16));

        int code = score(broken.toString(), missing.toString(), fine.toString());

        assertThat(code).isEqualTo(1);
        List<JsonNode> lines = lines();
        assertThat(lines.get(0).at("/error/code").asText()).isEqualTo("NOT_AN_IMAGE");
        assertThat(lines.get(0).fieldNames()).toIterable().containsExactly("file", "error");
        assertThat(lines.get(1).at("/error/code").asText()).isEqualTo("INVALID_REQUEST");
        assertThat(lines.get(1).at("/error/message").asText()).isNotBlank();
        assertThat(lines.get(2).get("decision").asText()).isEqualTo("normal");
    }

    @Test
    void scoresMoreFilesThanAreInHandAtOnce() throws IOException {
        for (int i = 0; i < 150; i++) {
            write("many/%03d.png".formatted(i), TinyModel.png(i, 250 - i, 100, 16, 16));
        }

        int code = score(folder.resolve("many").toString());

        assertThat(code).isZero();
        List<JsonNode> lines = lines();
        assertThat(lines).hasSize(150);
        for (int i = 0; i < 150; i++) {
            assertThat(lines.get(i).get("file").asText()).endsWith("%03d.png".formatted(i));
            assertThat(lines.get(i).get("probabilities").get("benign").asDouble())
                    .isCloseTo(TinyModel.probabilities(i, 250 - i, 100)[0], Offset.offset(1e-5));
        }
    }

    @Test
    void aModelThatIsNotVerifiedScoresNothing() throws IOException {
        Files.writeString(model.resolve("golden/golden.json"), "{}");
        Path fine = write("3.png", TinyModel.png(0, 0, 200, 16, 16));

        int code = score(fine.toString());

        assertThat(code).isEqualTo(1);
        assertThat(out.size()).isZero();
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("golden/golden.json is not what checksums say");
    }

    @Test
    void wrongUsageIsTwo() throws IOException {
        Path fine = write("3.png", TinyModel.png(0, 0, 200, 16, 16));

        assertThat(run("--model", model.toString())).isEqualTo(2);
        assertThat(run(fine.toString())).isEqualTo(2);
        assertThat(run("--model", folder.resolve("none").toString(), fine.toString()))
                .isEqualTo(2);
        assertThat(run("--model", model.toString(), "--device", "gpu", fine.toString()))
                .isEqualTo(2);
        assertThat(out.size()).isZero();
    }

    private Path write(String name, byte[] bytes) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.write(file, bytes);
    }

    private int score(String... files) {
        List<String> args = new ArrayList<>(List.of("--model", model.toString()));
        args.addAll(List.of(files));
        return run(args.toArray(String[]::new));
    }

    private int run(String... args) {
        return ScoreCommand.run(
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                args);
    }

    private List<JsonNode> lines() throws JsonProcessingException {
        List<JsonNode> lines = new ArrayList<>();
        for (String line : out.toString(StandardCharsets.UTF_8).lines().toList()) {
            lines.add(Json.mapper().readTree(line));
        }
        return lines;
    }
}
