package io.scanstream.trainer.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.scanstream.contracts.recipe.Loss;
import io.scanstream.contracts.recipe.Recipe;
import io.scanstream.contracts.recipe.RecipeReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every recipe that is shipped can be read, and its network fits together. */
class RecipesTest {
    private static final Path FOLDER =
            Path.of(System.getProperty("scanstream.root", "..")).resolve("recipes");

    static List<Path> recipes() throws IOException {
        try (Stream<Path> files = Files.list(FOLDER)) {
            return files.filter(file -> file.toString().endsWith(".yaml"))
                    .sorted()
                    .toList();
        }
    }

    @Test
    void thereAreSome() throws IOException {
        assertThat(recipes()).isNotEmpty();
    }

    @ParameterizedTest
    @MethodSource("recipes")
    void readsAndBuilds(Path file) throws IOException {
        Recipe recipe = RecipeReader.read(Files.readAllBytes(file));
        assertThat(file.getFileName()).hasToString(recipe.name() + ".yaml");
        int classes = recipe.loss() instanceof Loss.BceWithLogits ? 2 : 3;
        assertThat(Blueprints.of(recipe, classes).trainedNumbers()).isPositive();
    }

    /** The report's count, which takes in running statistics. */
    @Test
    void thePatchesVggHasTheReportsSize() throws IOException {
        Recipe recipe = RecipeReader.read(Files.readAllBytes(FOLDER.resolve("patches-vgg16-bn.yaml")));
        assertThat(Blueprints.of(recipe, 2).parameters().stream()
                        .mapToLong(parameter -> parameter.shape().size())
                        .sum())
                .isEqualTo(15_979_585);
    }
}
