package io.scanstream.gateway.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.scanstream.gateway.testing.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShippedRecipesTest {
    @TempDir
    Path folder;

    @Test
    void givesARecipeAsWrittenAndAsMeant() throws IOException {
        Files.writeString(folder.resolve("tiny.yaml"), Fixtures.RECIPE);
        Files.writeString(folder.resolve("notes.txt"), "not one");

        ShippedRecipes recipes = ShippedRecipes.in(folder);

        assertThat(recipes.names()).containsExactly("tiny");
        assertThat(recipes.yaml("tiny")).contains(Fixtures.RECIPE);
        assertThat(recipes.recipe("tiny")).contains(Fixtures.recipe());
        assertThat(recipes.overview().get(0).about()).isEqualTo("A recipe for tests.");
        assertThat(recipes.recipe("other")).isEmpty();
    }

    @Test
    void refusesARecipeUnderAnotherNameThanItsOwn() throws IOException {
        Files.writeString(folder.resolve("other.yaml"), Fixtures.RECIPE);

        assertThatThrownBy(() -> ShippedRecipes.in(folder)).hasMessageContaining("it must be 'other'");
    }

    @Test
    void holdsEveryRecipeOfTheProject() throws IOException {
        Path project = Path.of(System.getProperty("scanstream.root", ".."), "recipes");
        try (Stream<Path> files = Files.list(project)) {
            assertThat(ShippedRecipes.packaged().names())
                    .isNotEmpty()
                    .containsExactlyElementsOf(
                            files.map(file -> file.getFileName().toString())
                                    .filter(name -> name.endsWith(".yaml"))
                                    .map(name -> name.substring(0, name.length() - 5))
                                    .sorted()
                                    .toList());
        }
    }
}
