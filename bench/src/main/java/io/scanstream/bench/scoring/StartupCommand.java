package io.scanstream.bench.scoring;

import io.scanstream.bench.pairs.Median;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.local.aot.AotTraining;
import io.scanstream.local.platform.Platform;
import io.scanstream.local.platform.PlatformOptions;
import io.scanstream.storage.ModelPackage;
import io.scanstream.storage.ObjectStore;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Starts services by turns with and without their AOT caches; a JSON line for each. */
@Command(
        name = "startup",
        mixinStandardHelpOptions = true,
        description =
                "Starts gateway and inference by turns with and without an AOT cache, on the Java that runs this (25 or newer:"
                        + " set JAVA_HOME), and inference with a ResNet-18 up to its first score; caches that are not there"
                        + " are trained first (./scanstream aot).")
public final class StartupCommand implements Callable<Integer> {
    private static final int JAVA = 25;
    private static final Duration PATIENCE = Duration.ofMinutes(3);

    @Option(
            names = "--case",
            paramLabel = "NAME",
            description = "gateway, inference, or the model of a third case, such as resnet18-96. Default: gateway,"
                    + " inference and resnet18-224")
    private List<String> names = List.of("gateway", "inference", "resnet18-224");

    @Option(names = "--pairs", paramLabel = "N", defaultValue = "11", description = "Default: ${DEFAULT-VALUE}.")
    private int pairs = 11;

    private final Path project = Path.of(System.getProperty("scanstream.project", "."));

    /**
     * What is measured.
     *
     * @param pack of the model that has to score; absent: the service alone
     */
    private record Measured(
            String name, String service, @Nullable ModelPackage pack, Start.@Nullable Scoring scoring) {}

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (Runtime.version().feature() < JAVA) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST,
                    "AOT caches need Java " + JAVA + " or newer; this is " + Runtime.version() + " in "
                            + System.getProperty("java.home") + ". Set JAVA_HOME.");
        }
        for (String name : names) {
            System.out.println(Json.text(line(measured(name))));
        }
        return 0;
    }

    private Measured measured(String name) throws IOException, InterruptedException {
        if (AotTraining.SERVICES.contains(name)) {
            return new Measured(name, name, null, null);
        }
        Case model = Case.named(List.of(name)).get(0);
        Materials materials = new Materials(project, Files.createDirectories(project.resolve("target/bench")));
        ModelPackage pack = materials.model(model);
        byte[] scan = Materials.read(materials.scans(model)).get(0);
        return new Measured(name, "inference", pack, new Start.Scoring(name, scan));
    }

    private Map<String, Object> line(Measured measured) throws IOException, InterruptedException {
        Path app = AotTraining.packaged(project, measured.service());
        Path cache = trained(measured.service(), app);
        Path home = Files.createTempDirectory(Files.createDirectories(project.resolve("target/bench")), "startup");
        // A cache that does not fit is no measurement: the JVM then ends.
        List<String> cached = List.of("-XX:AOTCache=" + cache, "-XX:AOTMode=on");
        List<Start> plain = new ArrayList<>();
        List<Start> aot = new ArrayList<>();
        PlatformOptions options = new PlatformOptions(home, project, Map.of(), List.of(), PATIENCE);
        PrintStream progress = System.err;
        try (Platform platform = Platform.start(options, progress)) {
            if (measured.pack() != null) {
                try (ObjectStore store = Rig.store(platform.connections())) {
                    Rig.publish(measured.pack(), store);
                }
            }
            // The first two fill the operating system's file cache, and broker and store warm up.
            for (int i = -1; i < pairs; i++) {
                Start without = Start.of(platform, measured.service(), app, List.of(), measured.scoring());
                Start with = Start.of(platform, measured.service(), app, cached, measured.scoring());
                if (i >= 0) {
                    plain.add(without);
                    aot.add(with);
                    System.err.printf(
                            "  %s: listening after %.2f s, with the cache %.2f s%n",
                            measured.name(),
                            without.seconds().getOrDefault(Start.LISTENING, 0.0),
                            with.seconds().getOrDefault(Start.LISTENING, 0.0));
                }
            }
        }
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("bench", "startup");
        line.put("case", measured.name());
        line.put("java", Runtime.version().toString());
        line.put("pairs", pairs);
        line.put("plain", medians(plain));
        line.put("aot", medians(aot));
        List<Double> ratios = ratios(plain, aot, Start.LISTENING);
        line.put("ratio", Median.rounded(Median.of(ratios), 2));
        line.put("interval", Median.interval(ratios));
        if (measured.scoring() != null) {
            List<Double> scored = ratios(plain, aot, Start.SCORED);
            line.put("scoredRatio", Median.rounded(Median.of(scored), 2));
            line.put("scoredInterval", Median.interval(scored));
        }
        return line;
    }

    private static Path trained(String service, Path app) throws InterruptedException, IOException {
        Path cache = app.resolve(AotTraining.CACHE);
        Path jar = app.resolve("quarkus-run.jar");
        boolean isFresh =
                Files.exists(cache) && Files.getLastModifiedTime(cache).compareTo(Files.getLastModifiedTime(jar)) > 0;
        return isFresh ? cache : AotTraining.train(service, app, System.err);
    }

    /** Seconds, moment by moment. */
    private static Map<String, Double> medians(List<Start> starts) {
        Map<String, Double> medians = new LinkedHashMap<>();
        for (String moment : starts.get(0).seconds().keySet()) {
            medians.put(
                    moment,
                    Median.rounded(
                            Median.of(starts.stream()
                                    .map(start -> start.seconds().getOrDefault(moment, 0.0))
                                    .toList()),
                            3));
        }
        return medians;
    }

    private static List<Double> ratios(List<Start> plain, List<Start> aot, String moment) {
        List<Double> ratios = new ArrayList<>();
        for (int i = 0; i < plain.size(); i++) {
            ratios.add(plain.get(i).seconds().getOrDefault(moment, 0.0)
                    / aot.get(i).seconds().getOrDefault(moment, 1.0));
        }
        return ratios;
    }
}
