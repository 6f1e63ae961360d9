package io.scanstream.bench.results;

import com.fasterxml.jackson.databind.JsonNode;
import io.scanstream.contracts.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Trains what the plan names and prints a JSON line a run; the table is made of all runs that are done. */
@Command(
        name = "results",
        mixinStandardHelpOptions = true,
        description =
                "Trains recipes on real data, scores each model's test split once, and writes the table of results."
                        + " Runs that are done already, with the same recipe, are not repeated.")
public final class ResultsCommand implements Callable<Integer> {
    private static final String BEGIN = "<!-- results: begin -->\n";
    private static final String END = "<!-- results: end -->\n";

    @Option(names = "--data", paramLabel = "DIR", required = true, description = "The folder of the data sets.")
    private Path data = Path.of(".");

    @Option(names = "--plan", paramLabel = "FILE", description = "Default: bench/results.yaml of the project.")
    private Path plan = project().resolve("bench/results.yaml");

    @Option(names = "--only", paramLabel = "RECIPE", description = "Trains these recipes alone; may be repeated.")
    private List<String> only = new ArrayList<>();

    @Option(
            names = "--ledger",
            paramLabel = "FILE",
            description = "The runs that are done. Default: docs/results.jsonl of the project.")
    private Path ledger = project().resolve("docs/results.jsonl");

    @Option(
            names = "--table",
            paramLabel = "FILE",
            description = "The page whose table is written anew. Default: docs/results.md of the project.")
    private Path table = project().resolve("docs/results.md");

    @Option(names = "--table-only", description = "Trains nothing.")
    private boolean tableOnly;

    @Override
    public Integer call() throws IOException, InterruptedException {
        Plan read = Plan.read(plan);
        Ledger done = new Ledger(ledger, project().resolve("recipes"));
        Trainings trainings = new Trainings(
                project().resolve("scanstream"),
                data.toAbsolutePath().normalize(),
                project().resolve("target/results"));
        boolean failed = false;
        for (Plan.Row row : tableOnly ? List.<Plan.Row>of() : read.rows()) {
            if (only.isEmpty() || only.contains(row.recipe())) {
                failed |= !train(row, done, trainings);
            }
        }
        write(read, done);
        return failed ? CommandLine.ExitCode.SOFTWARE : CommandLine.ExitCode.OK;
    }

    /** False if a run has failed; the others go on. */
    private static boolean train(Plan.Row row, Ledger done, Trainings trainings)
            throws IOException, InterruptedException {
        boolean good = true;
        for (Plan.Run run : row.runs()) {
            if (done.find(run).isPresent()) {
                continue;
            }
            if (!trainings.hasData(run)) {
                System.err.println(run.recipe() + ": no data set '" + run.data() + "' there, left out");
                return good;
            }
            System.err.println(run.recipe() + ", seed " + run.seed());
            try {
                JsonNode ended = trainings.train(run);
                done.add(run, ended);
                System.out.println(Json.text(ended));
            } catch (Trainings.FailedException e) {
                System.err.println(e.getMessage());
                good = false;
            }
        }
        return good;
    }

    private void write(Plan read, Ledger done) throws IOException {
        Table lines = new Table();
        for (Plan.Row row : read.rows()) {
            List<JsonNode> ended = new ArrayList<>();
            for (Plan.Run run : row.runs()) {
                done.find(run).ifPresent(ended::add);
            }
            lines.add(row, ended);
        }
        String page = Files.exists(table) ? Files.readString(table) : BEGIN + END;
        int begin = page.indexOf(BEGIN);
        int end = page.indexOf(END);
        if (begin < 0 || end < begin) {
            throw new IOException(table + ": expected the lines '" + BEGIN.strip() + "' and '" + END.strip()
                    + "', between which the table is written.");
        }
        Files.write(
                table,
                (page.substring(0, begin + BEGIN.length()) + lines.markdown() + page.substring(end))
                        .getBytes(StandardCharsets.UTF_8));
    }

    private static Path project() {
        return Path.of(System.getProperty("scanstream.project", "."));
    }
}
