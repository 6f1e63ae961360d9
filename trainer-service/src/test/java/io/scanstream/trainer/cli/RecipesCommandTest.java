package io.scanstream.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.scanstream.trainer.TestScans;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class RecipesCommandTest {
    private final ByteArrayOutputStream results = new ByteArrayOutputStream();
    private final ByteArrayOutputStream messages = new ByteArrayOutputStream();

    @TempDir
    Path folder;

    @Test
    void listsEachRecipeWithItsLineAndTellsOfThoseWithMistakes() throws IOException {
        Files.writeString(folder.resolve("drawn.yaml"), TestScans.yaml(16));
        assertThat(execute()).isZero();
        assertThat(text(results).lines()).singleElement().asString().matches("drawn  \\S.+");

        Files.writeString(folder.resolve("wrong.yaml"), TestScans.yaml(16).replace("about:", "abuot:"));
        assertThat(execute()).isEqualTo(1);
        assertThat(text(messages)).contains("wrong: recipe.about");
    }

    @Test
    void writesTheSchema() {
        assertThat(execute("--schema")).isZero();
        assertThat(text(results)).startsWith("{").contains("draft/2020-12", "transposedConv");
    }

    private static String text(ByteArrayOutputStream bytes) {
        return bytes.toString(StandardCharsets.UTF_8);
    }

    private int execute(String... arguments) {
        return new CommandLine(new RecipesCommand(
                        new PrintStream(results, true, StandardCharsets.UTF_8),
                        new Console(new PrintStream(messages, true, StandardCharsets.UTF_8), false),
                        new RecipeFolder(folder)))
                .execute(arguments);
    }
}
