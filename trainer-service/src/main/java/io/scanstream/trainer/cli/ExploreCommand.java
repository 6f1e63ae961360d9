package io.scanstream.trainer.cli;

import io.scanstream.contracts.Json;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.dataset.DatasetVersion;
import io.scanstream.trainer.exploration.Explorer;
import io.scanstream.trainer.ingest.FolderIngest;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code explore}: a data set's folder in; its figures as JSON and as a page with sample images out. */
@Command(
        name = "explore",
        description = "Counts, sizes, balance, mean and deviation of a data set, with sample images.")
public final class ExploreCommand implements Callable<Integer> {
    private static final int DONE = 0;
    private static final int FAILED = 1;

    /** The figures' file. */
    static final String FIGURES = "exploration.json";

    @Option(names = "--data", required = true, description = "A data set's folder, as for train.")
    private Path data = Path.of("");

    @Option(names = "--out", required = true, description = "Folder for " + FIGURES + " and " + Explorer.PAGE + ".")
    private Path out = Path.of("");

    @Option(names = "--help", usageHelp = true, description = "Shows this.")
    @SuppressWarnings("UnusedVariable") // picocli sets and reads it
    private boolean help;

    private final PrintStream results;
    private final Console console;

    ExploreCommand(PrintStream results, Console console) {
        this.results = results;
        this.console = console;
    }

    /** Runs the command; exit code 0 done, 1 failed, 2 usage. */
    public static void main(String[] arguments) {
        PrintStream results = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        // Standard output carries the result only; what libraries print goes where progress goes.
        System.setOut(System.err);
        System.exit(execute(results, Console.standardError(), arguments));
    }

    static int execute(PrintStream results, Console console, String... arguments) {
        return new CommandLine(new ExploreCommand(results, console))
                .setExecutionExceptionHandler((e, line, parsed) -> {
                    console.line(
                            e instanceof ScanstreamException ours
                                    ? ours.code() + ": " + ours.getMessage()
                                    : "failed: " + e);
                    return FAILED;
                })
                .execute(arguments);
    }

    @Override
    public Integer call() throws IOException {
        FolderIngest.LocalDataset local = FolderIngest.open(
                data,
                new DatasetVersion("offline", 1),
                (files, rejected) -> console.status("reading " + data + ": " + files + " files"));
        console.status("looking at " + local.manifest().entries().size() + " images");
        Explorer.Look look = Explorer.look(local.manifest(), local.bytes());
        Files.createDirectories(out);
        Files.write(out.resolve(FIGURES), Json.prettyBytes(look.figures()));
        Files.writeString(out.resolve(Explorer.PAGE), look.page());
        console.line("figures " + out.resolve(FIGURES) + ", page " + out.resolve(Explorer.PAGE));
        results.println(Json.text(look.figures()));
        return DONE;
    }
}
