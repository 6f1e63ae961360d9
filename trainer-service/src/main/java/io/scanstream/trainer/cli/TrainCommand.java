package io.scanstream.trainer.cli;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Hashes;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.dataset.DatasetVersion;
import io.scanstream.contracts.dataset.Manifest;
import io.scanstream.contracts.job.JobId;
import io.scanstream.contracts.model.Calibration;
import io.scanstream.contracts.model.Metrics;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.contracts.recipe.Recipe;
import io.scanstream.storage.ModelPackage;
import io.scanstream.trainer.data.TrainingData;
import io.scanstream.trainer.evaluation.PackageBuilder;
import io.scanstream.trainer.ingest.FolderIngest;
import io.scanstream.trainer.libtorch.DeviceChoice;
import io.scanstream.trainer.libtorch.Libtorch;
import io.scanstream.trainer.training.StopSignal;
import io.scanstream.trainer.training.TrainingOptions;
import io.scanstream.trainer.training.TrainingRun;
import io.scanstream.trainer.weights.WeightFile;
import io.scanstream.trainer.weights.WeightFolder;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code train}: a recipe and labelled images in, a model package out, without Kafka and the object store. */
@Command(name = "train", description = "Trains a recipe on labelled images and writes a model package.")
public final class TrainCommand implements Callable<Integer> {
    private static final int DONE = 0;
    private static final int FAILED = 1;
    private static final int USAGE = 2;
    private static final int SHOWN_REJECTIONS = 20;

    @Option(names = "--recipe", required = true, description = "A name under recipes/, or a YAML file.")
    private String recipe = "";

    @Option(names = "--data", required = true, description = "Class folders: train/<class>/…, test/<class>/…")
    private Path data = Path.of("");

    @Option(names = "--out", required = true, description = "The package's folder; absent or empty.")
    private Path out = Path.of("");

    @Option(
            names = "--set",
            paramLabel = "PATH=VALUE",
            description =
                    "Replaces a field of the recipe, for instance optimizer.learningRate=0.01 or network.layers[0].out=32.")
    private Map<String, String> replaced = new LinkedHashMap<>();

    @Option(names = "--seed", description = "As --set training.seed=N.")
    private @Nullable Long seed;

    @Option(names = "--epochs", description = "As --set training.epochs=N.")
    private @Nullable Integer epochs;

    @Option(names = "--device", defaultValue = "auto", description = "auto, cpu or cuda.")
    private String device = "auto";

    @Option(names = "--help", usageHelp = true, description = "Shows this.")
    @SuppressWarnings("UnusedVariable") // picocli sets and reads it
    private boolean help;

    private final PrintStream results;
    private final Console console;

    TrainCommand(PrintStream results, Console console) {
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
        return new CommandLine(new TrainCommand(results, console))
                .setExecutionExceptionHandler((e, line, parsed) -> report(e, console))
                .execute(arguments);
    }

    private static int report(Exception e, Console console) {
        if (e instanceof ScanstreamException ours) {
            console.line(ours.code() + ": " + ours.getMessage());
            for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
                console.line("  because of " + cause);
            }
            return ours.code() == ErrorCode.INVALID_RECIPE || ours.code() == ErrorCode.INVALID_REQUEST ? USAGE : FAILED;
        }
        console.line("failed: " + e);
        frames(e, console);
        for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
            console.line("because of " + cause);
            frames(cause, console);
        }
        return FAILED;
    }

    private static void frames(Throwable e, Console console) {
        for (StackTraceElement frame : e.getStackTrace()) {
            console.line("    at " + frame);
        }
    }

    @Override
    public Integer call() throws IOException {
        long start = System.nanoTime();
        Recipe read = RecipeFolder.standard().read(recipe, overrides());
        requireEmpty(out);
        Optional<String> pretrained = read.network().pretrained();
        // Before the data is read, which may take long.
        @Nullable
        Path weights = pretrained.isEmpty() ? null : WeightFolder.standard().find(pretrained.get());
        console.line("recipe " + read.name() + ", seed " + read.training().seed());
        FolderIngest.LocalDataset local = FolderIngest.open(
                data, datasetName(), (files, rejected) -> console.status("reading " + data + ": " + files + " files"));
        Manifest manifest = local.manifest();
        Map<String, Long> counts =
                manifest.entries().stream().collect(Collectors.groupingBy(TrainCommand::kind, Collectors.counting()));
        console.line("data " + data + ": " + counts + ", rejected "
                + manifest.rejected().size());
        tellRejected(manifest);
        TrainingData images = new TrainingData(read, manifest, local.bytes());
        Libtorch libtorch = Libtorch.start(DeviceChoice.of(device));
        console.line(libtorch.description());
        Trained trained = train(read, images, weights, libtorch);
        results.println(Json.text(result(trained, read, (System.nanoTime() - start) / 1e9)));
        return DONE;
    }

    private void tellRejected(Manifest manifest) {
        List<Manifest.Rejected> rejected = manifest.rejected();
        rejected.stream()
                .limit(SHOWN_REJECTIONS)
                .forEach(file -> console.line("  rejected " + file.path() + ": " + file.reason()));
        if (rejected.size() > SHOWN_REJECTIONS) {
            console.line("  and " + (rejected.size() - SHOWN_REJECTIONS) + " more");
        }
    }

    /** @param epochs that were trained, fewer than the recipe's where it stopped early */
    private record Trained(ModelPackage sealed, int epochs, List<String> warnings) {}

    private Trained train(Recipe read, TrainingData images, @Nullable Path weights, Libtorch libtorch)
            throws IOException {
        Path work = Files.createTempDirectory("scanstream-train-");
        try (TrainingRun run =
                new TrainingRun(read, images, libtorch, TrainingOptions.in(work).withoutCheckpoints())) {
            console.line(String.format(
                    Locale.ROOT,
                    "%,d trainable numbers, trained with %s; %d images to train, %d to validate, %d to test",
                    run.network().blueprint().trainedNumbers(),
                    run.network().precision(),
                    images.train().size(),
                    images.validation().size(),
                    images.test().size()));
            if (weights != null) {
                begin(run, weights);
            }
            run.train(StopSignal.never(), new CurveFile(out, new ProgressLines(console, read.training())));
            run.warnings().forEach(warning -> console.line("warning: " + warning));
            console.status("exporting and testing");
            ModelPackage sealed = PackageBuilder.build(run, identity(read, images.manifest()), out, out, () -> {});
            console.line("package " + out + ", report " + out.resolve(ModelPackage.REPORT));
            return new Trained(sealed, run.state().history().size(), run.warnings());
        } finally {
            delete(work);
        }
    }

    private void begin(TrainingRun run, Path file) throws IOException {
        try (WeightFile weights = WeightFile.open(file)) {
            console.line("weights " + file);
            run.begin(weights).lines().forEach(line -> console.line("  " + line));
        }
    }

    private static PackageBuilder.Identity identity(Recipe recipe, Manifest manifest) {
        String digests =
                manifest.entries().stream().map(Manifest.Entry::sha256).sorted().collect(Collectors.joining("\n"));
        return new PackageBuilder.Identity(
                ModelVersion.of(recipe.name(), JobId.next()),
                null,
                Hashes.sha256(digests.getBytes(StandardCharsets.UTF_8)),
                null,
                Instant.now());
    }

    private Map<String, Object> result(Trained trained, Recipe read, double seconds) {
        Metrics test = trained.sealed().card().metrics().get("test");
        Map<String, Object> figures = new LinkedHashMap<>();
        if (test != null) {
            figures.put("images", test.images());
            figures.putAll(test.figures());
            of(test, focus(read)).ifPresent(figure -> figures.put("focus", figure));
            if (test.merged() != null) {
                figures.put("merged", test.merged().figures());
            }
        }
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("package", out.toAbsolutePath().normalize().toString());
        line.put("recipe", read.name());
        line.put("epochs", trained.epochs());
        line.put("bestEpoch", trained.sealed().card().bestEpoch());
        line.put("warnings", trained.warnings());
        line.put("test", figures);
        Calibration calibration = trained.sealed().card().calibration();
        if (calibration != null) {
            line.put("calibration", calibration);
        }
        line.put("seconds", Math.round(seconds * 10) / 10.0);
        return line;
    }

    /** The class that the recipe is about, if it says so. */
    private static @Nullable String focus(Recipe recipe) {
        Recipe.@Nullable Evaluation evaluation = recipe.evaluation();
        return evaluation == null || evaluation.focusClass() == null
                ? recipe.data().positiveClass()
                : evaluation.focusClass();
    }

    private static Optional<Metrics.PerClass> of(Metrics test, @Nullable String label) {
        return test.perClass().stream()
                .filter(figures -> figures.label().equals(label))
                .findFirst();
    }

    private Map<String, String> overrides() {
        Map<String, String> all = new LinkedHashMap<>(replaced);
        if (seed != null) {
            all.put("training.seed", seed.toString());
        }
        if (epochs != null) {
            all.put("training.epochs", epochs.toString());
        }
        return all;
    }

    private static String kind(Manifest.Entry entry) {
        return entry.duplicateOf() != null ? "duplicate" : entry.split().name().toLowerCase(Locale.ROOT);
    }

    /** An offline data set has no name of its own; this one is in messages only. */
    private static DatasetVersion datasetName() {
        return new DatasetVersion("offline", 1);
    }

    private static void requireEmpty(Path folder) throws IOException {
        if (Files.exists(folder)) {
            try (Stream<Path> files = Files.list(folder)) {
                // Curves are there from the first epoch on: a training that failed does not stand in its repetition's
                // way.
                if (files.anyMatch(file -> !file.endsWith(ModelPackage.TENSORBOARD))) {
                    throw new ScanstreamException(
                            ErrorCode.INVALID_REQUEST, "--out: " + folder + " is not empty. Name another folder.");
                }
            }
        }
    }

    private static void delete(Path folder) {
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("deleting " + folder, e);
        }
    }
}
