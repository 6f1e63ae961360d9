package io.scanstream.contracts.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.scanstream.contracts.Json;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RecipeReaderTest {
    private static final String SMALL = """
            name: small
            about: a test's recipe
            data: {widthPx: 32, heightPx: 32}
            network: {architecture: resnet18}
            optimizer: {type: adam, learningRate: 0.001}
            training: {epochs: 3, batchSize: 8}
            """;

    @Test
    void fillsInWhatIsLeftOut() {
        Recipe recipe = read(SMALL);

        assertThat(recipe.loss()).isEqualTo(new Loss.CrossEntropy(0, Map.of(), false));
        assertThat(recipe.schedule()).isEqualTo(new Schedule.Constant(0));
        assertThat(recipe.augmentation()).isEmpty();
        assertThat(recipe.training().seed()).isEqualTo(1);
        assertThat(recipe.data().mean()).containsExactly(0.485, 0.456, 0.406);
        assertThat(recipe.data().positiveClass()).isNull();
    }

    @Test
    void writesWhatItReadsAndGivesItOneDigest() {
        Recipe recipe = read(SMALL);

        Recipe again = RecipeReader.read(RecipeReader.write(recipe));

        assertThat(again).isEqualTo(recipe);
        assertThat(again.sha256()).isEqualTo(recipe.sha256());
        assertThat(read(SMALL.replace("epochs: 3", "epochs: 4")).sha256()).isNotEqualTo(recipe.sha256());
    }

    @Test
    void aStoredRecipeOfAnOlderReleaseGetsTheDefaultsOfNewerFields() {
        Recipe recipe = read(SMALL);
        ObjectNode stored = Json.mapper().valueToTree(recipe);
        stored.withObject("/training").remove(List.of("accumulationSteps", "oversampling"));
        stored.withObject("/loss").remove(List.of("classWeights", "balanced"));
        stored.put("fieldOfANewerRelease", 1);

        assertThat(Json.read(Json.bytes(stored), Recipe.class)).isEqualTo(recipe);
    }

    @Test
    void reportsEveryMistakeAtOnceWithItsPath() {
        List<Problem> problems = problemsOf("""
                name: small
                abuot: a slip
                data: {widthPx: wide, heightPx: 4, resize: squash, fold: {index: 3, of: 3}}
                network: {architecture: resnet18}
                augmentation: [{type: flip}, {type: rotation, degrees: 0}]
                testTimeAugmentation: [horizontalFlip, horizontalFlip]
                optimizer: {type: adam, learningRate: 0, momentum: 0.9}
                training: {epochs: 1.5}
                """);

        assertThat(problems)
                .extracting(Problem::path)
                .containsExactlyInAnyOrder(
                        "recipe.about",
                        "recipe.abuot",
                        "recipe.data.widthPx",
                        "recipe.data.heightPx",
                        "recipe.data.resize",
                        "recipe.data.fold.index",
                        "recipe.testTimeAugmentation[1]",
                        "recipe.augmentation[0].type",
                        "recipe.augmentation[1].degrees",
                        "recipe.optimizer.learningRate",
                        "recipe.optimizer.momentum",
                        "recipe.training.epochs",
                        "recipe.training.batchSize");
        assertThat(problems).contains(new Problem("recipe.optimizer.learningRate", "0 is not above 0. Maybe 0.001?"));
    }

    @Test
    void aGroupsDecayIsNotNegative() {
        String groups = "learningRate: 0.001, groups: [{match: '*', weightDecay: -0.1}]";
        assertThat(problemsOf(SMALL.replace("learningRate: 0.001", groups)))
                .extracting(Problem::path)
                .containsExactly("recipe.optimizer.groups[0].weightDecay");
    }

    @Test
    void reportsContradictions() {
        assertThat(problemsOf(SMALL.replace("{architecture: resnet18}", "{}")))
                .extracting(Problem::path)
                .containsExactly("recipe.network");
        assertThat(problemsOf(SMALL.replace("heightPx: 32", "heightPx: 16, channels: 1")
                        + "augmentation: [{type: quarterTurns}]\n"))
                .extracting(Problem::path)
                .containsExactly("recipe.data.mean", "recipe.data.std", "recipe.augmentation[0]");
    }

    @Test
    void readsTestTimeAugmentationAndRefusesWhatCannotBe() {
        assertThat(read(SMALL + "testTimeAugmentation: [quarterTurns, verticalFlip]\n")
                        .testTimeAugmentation())
                .containsExactly(TestTimeAugmentation.QUARTER_TURNS, TestTimeAugmentation.VERTICAL_FLIP);
        assertThat(problemsOf(SMALL + "testTimeAugmentation: [verticalFlip, verticalFlip]\n"))
                .extracting(Problem::path)
                .containsExactly("recipe.testTimeAugmentation[1]");
        assertThat(problemsOf(SMALL.replace("heightPx: 32", "heightPx: 16") + "testTimeAugmentation: [quarterTurns]\n"))
                .containsExactly(
                        new Problem("recipe.testTimeAugmentation[0]", "quarter turns need a square, not 32x16."));
    }

    @Test
    void readsAFoldAndRefusesOneBeyondTheLast() {
        assertThat(RecipeReader.read(utf8(SMALL), Map.of("data.fold", "{index: 2, of: 5}"))
                        .data()
                        .fold())
                .isEqualTo(new Recipe.Data.Fold(2, 5));
        assertThat(problemsOf(SMALL.replace("heightPx: 32", "heightPx: 32, fold: {index: 5, of: 5}")))
                .extracting(Problem::path)
                .containsExactly("recipe.data.fold.index");
    }

    @Test
    void reportsAugmentationThatCannotBe() {
        assertThat(problemsOf(SMALL + """
                augmentation:
                  - {type: randomCrop, sizePx: 40}
                  - {type: randomCrop}
                  - {type: affine, minZoom: 1.2}
                  - {type: gaussianBlur, kernelWidthPx: 4, minSigma: 3}
                  - {type: mixup}
                  - {type: mixup}
                  - {type: cutmix, probability: 0.5}
                """))
                .extracting(Problem::path)
                .containsExactly(
                        "recipe.augmentation[0].sizePx",
                        "recipe.augmentation[1]",
                        "recipe.augmentation[2].minZoom",
                        "recipe.augmentation[3].kernelWidthPx",
                        "recipe.augmentation[3].minSigma",
                        "recipe.augmentation",
                        "recipe.augmentation");
        assertThat(read(SMALL + "augmentation: [{type: randomCrop, paddingPx: 4, sizePx: 40}, {type: quarterTurns}]\n")
                        .augmentation())
                .containsExactly(new Augmentation.RandomCrop(4, 40), new Augmentation.QuarterTurns(0.75));
    }

    @Test
    void replacesFieldsByPath() {
        Recipe recipe = RecipeReader.read(
                utf8(SMALL), Map.of("optimizer.learningRate", "0.01", "data.classAliases", "{malignant: cancer}"));

        assertThat(recipe.optimizer().learningRate()).isEqualTo(0.01);
        assertThat(recipe.data().classOf("malignant")).isEqualTo("cancer");
    }

    @Test
    void namesThePathOfAnUnknownOverride() {
        InvalidRecipeException e = catchThrowableOfType(
                InvalidRecipeException.class,
                () -> RecipeReader.read(utf8(SMALL), Map.of("optimizer.learningrate", "0.01")));

        assertThat(e.problems()).extracting(Problem::path).containsExactly("recipe.optimizer.learningrate");
    }

    @Test
    void refusesWhatIsNoYaml() {
        assertThat(problemsOf("{name: [")).singleElement().asString().startsWith("recipe: not YAML");
        assertThat(problemsOf("")).singleElement().asString().startsWith("recipe: not a mapping");
    }

    @Test
    void replacesElementsOfListsAndWhatIsWithinThem() {
        String recipe = SMALL.replace("network: {architecture: resnet18}", """
                network:
                  layers: [{type: conv, out: 8, kernel: 3}, {type: relu}, {type: flatten}, {type: linear}]
                augmentation: [{type: rotation, degrees: 10}]
                """);

        Recipe replaced = RecipeReader.read(
                utf8(recipe),
                Map.of(
                        "network.layers[0].out", "16",
                        "network.layers[1]", "{type: gelu}",
                        "augmentation[0].degrees", "20"));

        assertThat(replaced.network().layers().get(0).get("out").asInt()).isEqualTo(16);
        assertThat(replaced.network().layers().get(1).get("type").asText()).isEqualTo("gelu");
        assertThat(replaced.augmentation())
                .singleElement()
                .isInstanceOfSatisfying(Augmentation.Rotation.class, rotation -> assertThat(rotation.degrees())
                        .isEqualTo(20));
    }

    @Test
    void saysWhichElementsThereAreAndWhatIsNoPath() {
        Map<String, String> overrides = new LinkedHashMap<>();
        overrides.put("augmentation[3].degrees", "20");
        overrides.put("training[0]", "1");
        overrides.put("data.widthPx.side", "1");
        overrides.put("training..epochs", "1");
        overrides.put("training.epochs.", "1");
        overrides.put("network.layers[x]", "1");

        InvalidRecipeException refused = catchThrowableOfType(
                InvalidRecipeException.class,
                () -> RecipeReader.read(
                        utf8(SMALL + "augmentation: [{type: horizontalFlip}, {type: verticalFlip}]\n"), overrides));

        assertThat(refused.problems())
                .extracting(Problem::toString)
                .anyMatch(text -> text.contains("augmentation[3].degrees")
                        && text.contains("'augmentation' has 2 elements, counted from [0]; there is no [3]."))
                .anyMatch(text -> text.contains("'training' has no elements that could be set."))
                .anyMatch(text -> text.contains("'data.widthPx' has no fields that could be set."));
        assertThat(refused.problems())
                .filteredOn(problem -> problem.toString().contains("not a path"))
                .hasSize(3);
    }

    private static Recipe read(String yaml) {
        return RecipeReader.read(utf8(yaml));
    }

    private static List<Problem> problemsOf(String yaml) {
        return catchThrowableOfType(InvalidRecipeException.class, () -> read(yaml))
                .problems();
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
