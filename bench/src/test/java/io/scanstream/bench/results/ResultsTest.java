package io.scanstream.bench.results;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.ScanstreamException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResultsTest {
    private static final Plan.Run RUN = new Plan.Run("digits", "mnist", List.of(), Map.of("training.epochs", "2"), 3);

    /** Prints what it was told, and makes a package with two images in it. */
    private static final String TRAINS_AND_SCORES = """
            if [ "$1" = train ]; then
              mkdir -p "$7/golden" && touch "$7/golden/1.png" "$7/golden/2.png" "$7/golden/golden.json"
              echo '{"epochs":1}'
              echo "{\\"recipe\\":\\"$3\\",\\"set\\":\\"${*:8}\\"}"
            else
              for image in "${@:4}"; do echo '{"decision":"a"}'; done
            fi
            """;

    @TempDir
    Path folder;

    @BeforeEach
    void makeARecipe() throws IOException {
        Files.writeString(folder.resolve("digits.yaml"), "name: digits\n");
    }

    @Test
    void readsAPlanAndRefusesWhatItDoesNotKnow() throws IOException {
        Path plan = folder.resolve("plan.yaml");
        Files.writeString(plan, """
                rows:
                  - {recipe: digits, data: mnist, bar: 0.98, set: {training.epochs: 2}, seeds: [3]}
                  - {recipe: glands, data: glands-128, figure: dice}
                """);

        assertThat(Plan.read(plan).rows().get(0).runs()).containsExactly(RUN);
        assertThat(Plan.read(plan).rows().get(1).runs())
                .extracting(Plan.Run::seed)
                .containsExactly(1L, 2L, 3L);
        Files.writeString(plan, "rows: [{recipe: digits, data: mnist, seed: 1}]");
        assertThatThrownBy(() -> Plan.read(plan))
                .isInstanceOf(ScanstreamException.class)
                .hasMessageContaining("seed");
    }

    @Test
    void remembersARunUntilItsRecipeChanges() throws IOException {
        Path file = folder.resolve("ledger/runs.jsonl");
        new Ledger(file, folder).add(RUN, line(0.98));

        assertThat(new Ledger(file, folder).find(RUN)).contains(line(0.98));
        assertThat(new Ledger(file, folder).find(new Plan.Run("digits", "mnist", List.of(), Map.of(), 3)))
                .isEmpty();
        Files.writeString(folder.resolve("digits.yaml"), "name: digits\nabout: changed\n");
        assertThat(new Ledger(file, folder).find(RUN)).isEmpty();
    }

    @Test
    void showsAllSeedsAndWhetherTheBarIsReached() {
        Plan.Row row = row(Map.of());
        Table table = new Table();
        table.add(row, List.of(line(0.98), line(0.96)));
        table.add(row, List.of(line(0.98)));
        table.add(row, List.of());

        assertThat(table.markdown().lines().skip(2))
                .containsExactly(
                        "| digits | mnist | accuracy | .9800, .9600 | .9700 | .982 | ≥ .9750 **missed** | 12, 12 | quick |",
                        "| digits | mnist | accuracy | .9800 | .9800 (not all) | .982 | ≥ .9750 | 12 | quick |",
                        "| digits | mnist | accuracy |  | not run | .982 | ≥ .9750 |  | quick |");
    }

    @Test
    void showsNoFigureOfANetworkThatShouldHaveBegunWithWeights() {
        Table table = new Table();
        table.add(row(Map.of("network.weights", "none")), List.of(line(0.98), line(0.96)));

        assertThat(table.markdown())
                .contains("|  | no weights here: runs, no figure |")
                .doesNotContain(".9800");
    }

    @Test
    void tellsOfEachSeedWhetherItsProbabilitiesBecameBetter() {
        CalibrationTable table = new CalibrationTable();
        table.add(
                row(Map.of()), List.of(calibrated(0.5, 0.4, 0.08, 0.03, 0.02), calibrated(0.5, 0.4, 0.08, 0.05, 0.02)));
        table.add(row(Map.of()), List.of(calibrated(0.5, 0.6, 0.08, 0.01, 0.02), MissingNode.getInstance()));

        assertThat(table.markdown().lines().skip(2))
                .containsExactly(
                        "| digits | 1 | 1.500 | 0.5000 | 0.4000 | 0.0800 | 0.0300 | 0.0200 | reached |",
                        "| digits | 2 | 1.500 | 0.5000 | 0.4000 | 0.0800 | 0.0500 | 0.0200 | **error missed** |",
                        "| digits | mean | 1.500 | 0.5000 | 0.4000 | 0.0800 | 0.0400 | 0.0200 | reached |",
                        "| digits | 1 | 1.500 | 0.5000 | 0.6000 | 0.0800 | 0.0100 | 0.0200 | **log loss worse** |",
                        "| digits | 2 | | | | | | | not run |");
    }

    private static JsonNode calibrated(
            double lossBefore, double lossAfter, double errorBefore, double errorAfter, double floor) {
        String both = "{\"calibration\":{\"temperature\":1.5,\"before\":{\"logLoss\":" + lossBefore
                + ",\"expectedError\":" + errorBefore + ",\"noiseFloor\":0.1},\"after\":{\"logLoss\":" + lossAfter
                + ",\"expectedError\":" + errorAfter + ",\"noiseFloor\":" + floor + "}}}";
        return Json.read(both.getBytes(StandardCharsets.UTF_8), JsonNode.class);
    }

    private static Plan.Row row(Map<String, String> set) {
        return new Plan.Row("digits", "mnist", List.of(1L, 2L), List.of(), set, "accuracy", ".982", 0.975, "quick");
    }

    @Test
    void trainsAsAProcessAndReadsItsLastLine() throws Exception {
        JsonNode ended = new Trainings(script(TRAINS_AND_SCORES), folder, folder.resolve("work")).train(RUN);

        assertThat(ended.path("recipe").asText()).isEqualTo("digits");
        assertThat(ended.path("set").asText()).isEqualTo("--set training.seed=3 --set training.epochs=2");
        assertThat(ended.path("served").asInt()).isEqualTo(2);
    }

    @Test
    void trainsOnSomeOfTheDatasClasses() throws Exception {
        for (String file : List.of("train/a/1.png", "train/b/2.png", "train/c/3.png", "test/a/4.png", "test/b/5.png")) {
            Files.createDirectories(folder.resolve("cells").resolve(file).getParent());
            Files.writeString(folder.resolve("cells").resolve(file), file);
        }
        Plan.Run run = new Plan.Run("digits", "cells", List.of("a", "b"), Map.of(), 1);
        Path script = script("find -L \"$5\" -type f | sort | sed \"s#$5/##\" >&2; " + TRAINS_AND_SCORES);
        new Trainings(script, folder, folder.resolve("work")).train(run);

        assertThat(Files.readAllLines(folder.resolve("work/digits-1.log")).subList(0, 4))
                .containsExactly("test/a/4.png", "test/b/5.png", "train/a/1.png", "train/b/2.png");
        assertThat(folder.resolve("cells/train/a/1.png")).exists();
        assertThat(folder.resolve("work")).isDirectoryNotContaining("glob:**of-a-b");
    }

    @Test
    void aTrainingThatFailsSaysWhy() throws IOException {
        Path script = script("echo 'the data is not there' >&2; exit 1");

        assertThatThrownBy(() -> new Trainings(script, folder, folder.resolve("work")).train(RUN))
                .isInstanceOf(Trainings.FailedException.class)
                .hasMessageContaining("exit code 1")
                .hasMessageContaining("the data is not there");
    }

    private Path script(String body) throws IOException {
        Path script = folder.resolve("scanstream");
        Files.writeString(script, "#!/usr/bin/env bash\n" + body + "\n");
        assertThat(script.toFile().setExecutable(true)).isTrue();
        return script;
    }

    private static JsonNode line(double accuracy) {
        return Json.read(
                ("{\"test\":{\"accuracy\":" + accuracy + "},\"seconds\":12.3}").getBytes(StandardCharsets.UTF_8),
                JsonNode.class);
    }
}
