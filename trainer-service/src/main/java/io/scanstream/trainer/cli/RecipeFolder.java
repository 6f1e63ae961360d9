package io.scanstream.trainer.cli;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.recipe.Recipe;
import io.scanstream.trainer.network.RecipeLanguage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The recipes that a name can mean: the YAML files of one folder. */
record RecipeFolder(Path folder) {
    private static final String SUFFIX = ".yaml";

    /** The folder that {@code -Dscanstream.recipes} or {@code SCANSTREAM_RECIPES} names, else {@code recipes}. */
    static RecipeFolder standard() {
        String property = System.getProperty("scanstream.recipes");
        String environment = System.getenv("SCANSTREAM_RECIPES");
        return new RecipeFolder(Path.of(property != null ? property : environment != null ? environment : "recipes"));
    }

    /**
     * Reads a recipe by its name here, or from a file.
     *
     * @throws ScanstreamException {@code INVALID_RECIPE} when there is none, with the names that there are, or when it is
     *     wrong
     */
    Recipe read(String nameOrFile, Map<String, String> overrides) throws IOException {
        Path named = folder.resolve(nameOrFile + SUFFIX);
        Path file = Files.isRegularFile(named) ? named : Path.of(nameOrFile);
        if (!Files.isRegularFile(file)) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_RECIPE,
                    "--recipe: '" + nameOrFile + "' is neither a file nor a name under " + folder.toAbsolutePath()
                            + ". Names there: " + names() + ".");
        }
        return RecipeLanguage.read(Files.readAllBytes(file), overrides);
    }

    /** The names that there are, sorted. */
    List<String> names() throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(SUFFIX))
                    .map(name -> name.substring(0, name.length() - SUFFIX.length()))
                    .sorted()
                    .collect(Collectors.toList());
        }
    }
}
