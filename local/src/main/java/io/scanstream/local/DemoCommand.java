package io.scanstream.local;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.Names;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.local.demo.Demo;
import io.scanstream.local.demo.DemoResult;
import io.scanstream.local.platform.PlatformOptions;
import io.scanstream.local.samples.SampleGenerator;
import io.scanstream.local.samples.SampleSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The main job from end to end. */
@Command(
        name = "demo",
        mixinStandardHelpOptions = true,
        description = {
            "Starts the platform, uploads scans, trains on them over Kafka, scores the test scans over Kafka, reports.",
            "The last line on stdout is the result in JSON. Exit code 0: every scan that was sent came back."
        })
final class DemoCommand implements Callable<Integer> {
    /** A small network that learns most things in minutes. */
    private static final String USUAL_RECIPE = "demo-cnn";

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "A folder of class folders: train/<class>/… and test/<class>/…, or <class>/…"
                    + " Default: generated scans")
    private @Nullable Path data;

    @Option(
            names = "--recipe",
            paramLabel = "NAME",
            description = "A recipe of the folder recipes. Default: the one that has the data folder's name, else "
                    + USUAL_RECIPE)
    private @Nullable String recipe;

    @Option(names = "--epochs", paramLabel = "N", description = "Instead of the recipe's.")
    private @Nullable Integer epochs;

    @Option(names = "--seed", paramLabel = "N", description = "Of the generated scans and of the training. Default: 1")
    private long seed = 1;

    @Mixin
    private HomeOption home = new HomeOption();

    @Option(names = "--keep", description = "Leave the platform running, until Ctrl-C.")
    private boolean keep;

    @Override
    public Integer call() throws IOException, InterruptedException {
        Path own = data;
        if (own != null && !Files.isDirectory(own)) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_DATASET, "--data: " + own.toAbsolutePath() + " is not a folder.");
        }
        System.err.println("Starting the platform in " + home.home);
        try (Supervised supervised = Supervised.start(PlatformOptions.in(home.home, HomeOption.project()))) {
            supervised.exitWhenPartDies();
            Path folder = home.home.resolve("demo");
            Demo demo = new Demo(
                    supervised.platform().gateway(), folder, System.err, System.getenv("SCANSTREAM_TERMINAL") != null);
            String dataset = own == null ? "generated" : datasetName(own);
            DemoResult result = demo.run(new Demo.Request(
                    own == null ? generated(folder) : own,
                    dataset,
                    recipe == null ? usualRecipe(dataset) : recipe,
                    epochs,
                    seed));
            System.out.println(Json.text(result));
            System.out.flush();
            if (keep) {
                System.err.println("The platform runs on. Ctrl-C stops it.");
                Thread.currentThread().join();
            }
            System.err.println("Stopping the platform: its addresses end with it. --keep leaves it running.");
            return result.complete() ? 0 : 1;
        }
    }

    private Path generated(Path folder) {
        SampleSet set = SampleSet.ofSeed(seed);
        Path scans = folder.resolve("generated-" + seed);
        System.err.println("Generating " + (set.trainImages() + set.testImages()) + " scans, seed " + seed);
        SampleGenerator.write(set, scans);
        return scans;
    }

    private static String usualRecipe(String dataset) {
        boolean made = Files.exists(HomeOption.project().resolve("recipes").resolve(dataset + ".yaml"));
        return made ? dataset : USUAL_RECIPE;
    }

    /** A folder's name as a data set's. */
    static String datasetName(Path folder) {
        Path last = folder.toAbsolutePath().normalize().getFileName();
        String name =
                last == null ? "" : last.toString().toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-");
        String trimmed = name.replaceAll("^-|-$", "");
        return Names.isValid(trimmed) ? trimmed : "own-data";
    }
}
