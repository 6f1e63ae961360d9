package io.scanstream.contracts.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.scanstream.contracts.model.Task;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class GateCheckTest {
    private static final String RECIPE = """
            name: tiny
            about: A recipe for tests.
            data: {widthPx: 16, heightPx: 16}
            network: {layers: [{type: linear}]}
            optimizer: {type: adam, learningRate: 0.001}
            training: {epochs: 3, batchSize: 4}
            """;

    private static Recipe recipe(Map<String, String> overrides) {
        return RecipeReader.read(RECIPE.getBytes(StandardCharsets.UTF_8), overrides);
    }

    private static List<String> problems(Map<String, String> overrides) {
        return catchThrowableOfType(InvalidRecipeException.class, () -> recipe(overrides)).problems().stream()
                .map(Problem::toString)
                .toList();
    }

    private static List<String> against(Map<String, String> overrides, Task task) {
        List<Problem> problems = new ArrayList<>();
        GateCheck.against(recipe(overrides).gate(), List.of("benign", "cancer"), task, problems);
        return problems.stream().map(Problem::toString).toList();
    }

    @Test
    void aRecipeThatSaysNothingComparesOnTwentyImages() {
        Gate gate = recipe(Map.of()).gate();

        assertThat(gate.fewestImages()).isEqualTo(20);
        assertThat(gate.atLeast()).isEmpty();
        assertThat(gate.margin()).isNull();
        assertThat(gate.latencyAtMostMs()).isNull();
    }

    @Test
    void rulesAreSetOneByOne() {
        Map<String, String> overrides = new LinkedHashMap<>();
        overrides.put("gate.atLeast.accuracy", "0.8");
        overrides.put("gate.atLeast.recall/cancer", "0.9");
        overrides.put("gate.margin", "0.02");

        Gate gate = recipe(overrides).gate();

        assertThat(gate.atLeast()).containsExactly(Map.entry("accuracy", 0.8), Map.entry("recall/cancer", 0.9));
        assertThat(gate.margin()).isEqualTo(0.02);
        assertThat(against(overrides, Task.CLASSIFICATION)).isEmpty();
    }

    @Test
    void namesWhatIsNoFigureOrOutOfRange() {
        assertThat(problems(Map.of("gate.atLeast", "{sharpness: 0.5, accuracy: 80, sensitivity: 0.9}")))
                .anyMatch(problem -> problem.startsWith("recipe.gate.atLeast.sharpness: unknown figure"))
                .anyMatch(problem -> problem.equals("recipe.gate.atLeast.accuracy: 80.0 is not between 0 and 1."))
                .anyMatch(problem ->
                        problem.startsWith("recipe.gate.atLeast.sensitivity: sensitivity is of the positive"))
                .hasSize(3);
        assertThat(problems(Map.of("gate.comparedBy", "logLoss")))
                .singleElement()
                .asString()
                .contains("recipe.gate.comparedBy: 'logLoss' is not one of accuracy");
        assertThat(problems(Map.of("gate.fewestImages", "0"))).hasSize(1);
        assertThat(problems(Map.of("gate.everySubgroupAtLeast", "{accuracy: 0.8}")))
                .singleElement()
                .asString()
                .contains("recipe.gate.everySubgroupAtLeast: recipe.evaluation.subgroups names no column");
    }

    @Test
    void namesWhatTheDataDoesNotHave() {
        assertThat(against(Map.of("gate.atLeast", "{recall/lesion: 0.9, dice: 0.8}"), Task.CLASSIFICATION))
                .containsExactly(
                        "recipe.gate.atLeast.recall/lesion: 'lesion' is not among the data's classes [benign, cancer].",
                        "recipe.gate.atLeast.dice: the data has labels; there is no overlap of regions.");
        assertThat(against(
                        Map.of("gate.comparedBy", "accuracy", "gate.calibrationErrorAtMost", "0.1"), Task.SEGMENTATION))
                .containsExactly(
                        "recipe.gate.comparedBy: the data has masks; compare by dice or iou.",
                        "recipe.gate.calibrationErrorAtMost: the data has masks; calibration is of whole images.");
    }
}
