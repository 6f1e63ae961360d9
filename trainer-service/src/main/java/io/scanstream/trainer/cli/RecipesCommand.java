package io.scanstream.trainer.cli;

import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.recipe.Recipe;
import io.scanstream.trainer.network.RecipeLanguage;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code recipes}: the recipes that {@code train} knows by name, a line each. */
@Command(name = "recipes", description = "Lists the recipes that train knows by name.")
public final class RecipesCommand implements Callable<Integer> {
    private static final int DONE = 0;
    private static final int FAILED = 1;

    @Option(names = "--schema", description = "Writes the JSON Schema of recipes instead.")
    private boolean schema;

    @Option(names = "--help", usageHelp = true, description = "Shows this.")
    @SuppressWarnings("UnusedVariable") // picocli sets and reads it
    private boolean help;

    private final PrintStream results;
    private final Console console;
    private final RecipeFolder folder;

    RecipesCommand(PrintStream results, Console console, RecipeFolder folder) {
        this.results = results;
        this.console = console;
        this.folder = folder;
    }

    /** Runs the command; exit code 0 done, 1 a recipe has mistakes, 2 usage. */
    public static void main(String[] arguments) {
        PrintStream results = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        System.exit(new CommandLine(new RecipesCommand(results, Console.standardError(), RecipeFolder.standard()))
                .execute(arguments));
    }

    @Override
    public Integer call() throws IOException {
        if (schema) {
            results.print(RecipeLanguage.schema());
            return DONE;
        }
        List<String> names = folder.names();
        int width = names.stream().mapToInt(String::length).max().orElse(0);
        int code = DONE;
        for (String name : names) {
            try {
                Recipe recipe = folder.read(name, Map.of());
                results.println(name + " ".repeat(width - name.length() + 2) + recipe.about());
            } catch (ScanstreamException e) {
                console.line(name + ": " + e.getMessage());
                code = FAILED;
            }
        }
        return code;
    }
}
