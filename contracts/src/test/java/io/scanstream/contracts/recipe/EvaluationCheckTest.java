package io.scanstream.contracts.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.scanstream.contracts.Json;
import io.scanstream.contracts.dataset.DatasetVersion;
import io.scanstream.contracts.dataset.Manifest;
import io.scanstream.contracts.dataset.Split;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class EvaluationCheckTest {
    private static final String RECIPE = """
            name: merged
            about: a sample
            data: {widthPx: 64, heightPx: 64}
            network: {architecture: resnet18}
            optimizer: {type: adam, learningRate: 0.001}
            training: {epochs: 1, batchSize: 4}
            """;

    @Test
    void acceptsWhatTheDataHas() {
        Recipe recipe = read("{mergedClasses: {lesion: [benign, cancer]}, focusClass: cancer}");

        assertThat(RecipeCheck.against(recipe, manifest())).isEmpty();
        assertThat(recipe.evaluation().mergedClassOf("benign")).isEqualTo("lesion");
        assertThat(recipe.evaluation().mergedClassOf("normal")).isEqualTo("normal");
    }

    @Test
    void aRecipeThatAsksForNothingIsWrittenAsBefore() {
        assertThat(Json.text(RecipeReader.read(RECIPE.getBytes(StandardCharsets.UTF_8))))
                .doesNotContain("evaluation");
    }

    @Test
    void reportsWhatContradictsItself() {
        assertThatThrownBy(() -> read("{mergedClasses: {lesion: [benign], ill: [benign, cancer]}}"))
                .isInstanceOf(InvalidRecipeException.class)
                .hasMessageContaining("recipe.evaluation.mergedClasses.lesion: merging needs two classes or more")
                .hasMessageContaining("recipe.evaluation.mergedClasses.ill: 'benign' is already part");
    }

    @Test
    void everyClassHasToHaveTrainingImages() {
        Recipe recipe = read("{}");
        Manifest whole = manifest();
        Manifest slip = new Manifest(
                whole.dataset(),
                List.of("benign", "cancer", "cancr", "normal"),
                Stream.concat(
                                whole.entries().stream(),
                                Stream.of(new Manifest.Entry(
                                        "test/cancr/1.png", "bb", 1, "cancr", Split.TEST, null, null, null)))
                        .toList(),
                List.of(),
                Instant.EPOCH);

        assertThat(RecipeCheck.against(recipe, slip))
                .singleElement()
                .asString()
                .contains("no training image of the class 'cancr'");
    }

    @Test
    void reportsWhatTheDataDoesNotHave() {
        Recipe recipe = read("{mergedClasses: {normal: [benign, cancr]}, focusClass: tumour}");

        assertThat(RecipeCheck.against(recipe, manifest()).stream().map(Problem::toString))
                .anyMatch(problem -> problem.contains("'cancr' is not among"))
                .anyMatch(problem -> problem.contains("'normal' is the name of a class that it does not contain"))
                .anyMatch(problem -> problem.contains("focusClass") && problem.contains("'tumour'"));
    }

    @Test
    void subgroupsAreColumnsOfTheTestImages() {
        Manifest plain = manifest();
        Manifest.Entry test = new Manifest.Entry(
                "test/cancer/9.png",
                "cc",
                1,
                "cancer",
                Split.TEST,
                null,
                null,
                null,
                null,
                null,
                Map.of("site", "north"));
        Manifest withSites = new Manifest(
                plain.dataset(),
                plain.classes(),
                Stream.concat(plain.entries().stream(), Stream.of(test)).toList(),
                List.of(),
                Instant.EPOCH);
        Recipe recipe = read("{subgroups: [site, device]}");

        assertThat(RecipeCheck.against(recipe, withSites))
                .singleElement()
                .asString()
                .contains("recipe.evaluation.subgroups", "'device'", "[site]");
        assertThat(RecipeCheck.against(recipe, plain)).hasSize(2);
        assertThatThrownBy(() -> read("{subgroups: [site, site]}")).hasMessageContaining("names a column twice");
    }

    @Test
    void oneReadingFindsWhatIsWrongInItselfAndWithTheData() {
        byte[] slips = (RECIPE + "colour: red\nevaluation: {mergedClasses: {lesion: [benign]}, focusClass: tumour}")
                .getBytes(StandardCharsets.UTF_8);

        assertThatThrownBy(() -> RecipeReader.read(
                        slips,
                        Map.of("data.positiveClass", "ill"),
                        RecipeSchema.layersUnread(),
                        recipe -> RecipeCheck.against(recipe, manifest())))
                .isInstanceOfSatisfying(InvalidRecipeException.class, e -> assertThat(e.problems())
                        .extracting(Problem::path)
                        .containsExactlyInAnyOrder(
                                "recipe.colour",
                                "recipe.evaluation.mergedClasses.lesion",
                                "recipe.evaluation.focusClass",
                                "recipe.data.positiveClass"));
    }

    @Test
    void keepsTwoClassesAndTheBackground() {
        Recipe all = read("{mergedClasses: {any: [benign, cancer, normal]}}");

        assertThat(RecipeCheck.against(all, manifest()).stream().map(Problem::toString))
                .anyMatch(problem -> problem.contains("leaves one class only"));
        Manifest masks = new Manifest(
                manifest().dataset(),
                List.of("benign", "cancer", "normal"),
                List.of(0, 1, 2),
                manifest().entries(),
                List.of(),
                List.of(),
                Instant.EPOCH);
        assertThat(RecipeCheck.against(read("{mergedClasses: {lesion: [benign, cancer]}}"), masks).stream()
                        .map(Problem::toString))
                .anyMatch(problem -> problem.contains("'benign' is the background"));
    }

    private static Recipe read(String evaluation) {
        return RecipeReader.read((RECIPE + "evaluation: " + evaluation).getBytes(StandardCharsets.UTF_8));
    }

    private static Manifest manifest() {
        return new Manifest(
                new DatasetVersion("d", 1),
                List.of("benign", "cancer", "normal"),
                Stream.of(Split.TRAIN, Split.TEST)
                        .flatMap(split -> Stream.of("benign", "cancer", "normal")
                                .map(label -> new Manifest.Entry(
                                        split + "/" + label + ".png", "aa", 1, label, split, null, null, null)))
                        .toList(),
                List.of(),
                Instant.EPOCH);
    }
}
