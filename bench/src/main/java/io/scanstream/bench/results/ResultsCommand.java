package io.scanstream.bench.results;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.scanstream.contracts.Json;
import java.io.IOException;
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
        if (!tableOnly) {
            failed |= !train(read.rows(), "test", done, trainings);
            failed |= !train(read.calibration(), "calibration", done, trainings);
        }
        write(read, done);
        return failed ? CommandLine.ExitCode.SOFTWARE : CommandLine.ExitCode.OK;
    }

    /**
     * Trains what is not done.
     *
     * @param told the field of a run's last line that makes it count as done
     * @return false if a run has failed; the others go on
     */
    private boolean train(List<Plan.Row> rows, String told, Ledger done, Trainings trainings)
            throws IOException, InterruptedException {
        boolean good = true;
        for (Plan.Row row : rows) {
            if (only.isEmpty() || only.contains(row.recipe())) {
                good &= train(row, told, done, trainings);
            }
        }
        return good;
    }

    private static boolean train(Plan.Row row, String told, Ledger done, Trainings trainings)
            throws IOException, InterruptedException {
        boolean good = true;
        for (Plan.Run run : row.runs()) {
            if (done.find(run).filter(line -> line.has(told)).isPresent()) {
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
            lines.add(
                    row,
                    done(row, done).stream()
                            .filter(line -> !line.isMissingNode())
                            .toList());
        }
        CalibrationTable calibration = new CalibrationTable();
        for (Plan.Row row : read.calibration()) {
            calibration.add(row, done(row, done));
        }
        String page = Files.exists(table) ? Files.readString(table) : begin("results") + end("results");
        page = between("results", lines.markdown(), page);
        Files.writeString(
                table, read.calibration().isEmpty() ? page : between("calibration", calibration.markdown(), page));
    }

    /** In the seeds' order, a missing node for each that is not done. */
    private static List<JsonNode> done(Plan.Row row, Ledger done) throws IOException {
        List<JsonNode> ended = new ArrayList<>();
        for (Plan.Run run : row.runs()) {
            ended.add(done.find(run).orElse(MissingNode.getInstance()));
        }
        return ended;
    }

    private String between(String name, String lines, String page) throws IOException {
        int begin = page.indexOf(begin(name));
        int end = page.indexOf(end(name));
        if (begin < 0 || end < begin) {
            throw new IOException(table + ": expected the lines '" + begin(name).strip() + "' and '"
                    + end(name).strip() + "', between which a table is written.");
        }
        return page.substring(0, begin + begin(name).length()) + lines + page.substring(end);
    }

    private static String begin(String name) {
        return "<!-- " + name + ": begin -->\n";
    }

    private static String end(String name) {
        return "<!-- " + name + ": end -->\n";
    }

    private static Path project() {
        return Path.of(System.getProperty("scanstream.project", "."));
    }
}
