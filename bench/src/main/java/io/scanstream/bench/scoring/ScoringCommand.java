package io.scanstream.bench.scoring;

import io.scanstream.bench.pairs.Median;
import io.scanstream.bench.pairs.Side;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.storage.ModelPackage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Measures scoring against its limit, a JSON line a case and edge. */
@Command(
        name = "scoring",
        mixinStandardHelpOptions = true,
        description =
                "Scans a second from Kafka to Kafka, and over HTTP, beside the limit: decoding and ONNX Runtime alone in one"
                        + " process on the same cores, at the best of a sweep of threads, workers and batch sizes, by turns.")
public final class ScoringCommand implements Callable<Integer> {
    @Option(names = "--case", paramLabel = "NAME", description = "Measures these cases alone; may be repeated.")
    private List<String> only = new ArrayList<>();

    @Option(names = "--edge", paramLabel = "NAME", description = "kafka or http; default: both.")
    private List<String> edges = new ArrayList<>();

    @Option(names = "--pairs", paramLabel = "N", defaultValue = "7", description = "Default: ${DEFAULT-VALUE}.")
    private int pairs = 7;

    @Option(
            names = "--seconds",
            paramLabel = "N",
            defaultValue = "8",
            description = "Of each measurement. Default: ${DEFAULT-VALUE}.")
    private double seconds = 8;

    private final Path project = Path.of(System.getProperty("scanstream.project", "."));

    @Override
    public Integer call() throws IOException, InterruptedException {
        List<Case> cases = Case.ALL.stream()
                .filter(one -> only.isEmpty() || only.contains(one.name()))
                .toList();
        if (cases.isEmpty()) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST,
                    "--case: expected one of "
                            + Case.ALL.stream().map(Case::name).toList() + ", not " + only + ".");
        }
        Path work = project.resolve("target/bench");
        Files.createDirectories(work);
        Materials materials = new Materials(project, work);
        for (Case measured : cases) {
            measure(measured, materials, work);
        }
        return 0;
    }

    private void measure(Case measured, Materials materials, Path work) throws IOException, InterruptedException {
        System.err.println(measured.name());
        ModelPackage pack = materials.model(measured);
        Path scans = materials.scans(measured);
        Path home = Files.createTempDirectory(work, "home");
        try (Side limit = limit(pack, scans, work.resolve(measured.name() + ".limit.log"));
                Rig rig = Rig.start(project, home, Map.of())) {
            Limit.Question best = sweep(measured, limit);
            rig.publish(pack);
            List<byte[]> images = Materials.read(scans);
            for (Edge edge : Edge.values()) {
                if (edges.isEmpty() || edges.contains(edge.name().toLowerCase(Locale.ROOT))) {
                    System.out.println(Json.text(compare(measured, edge, rig, limit, best, images)));
                }
            }
        }
    }

    private Side limit(ModelPackage pack, Path scans, Path log) throws IOException {
        Path service = project.resolve("inference-service/target/quarkus-app");
        String classes = String.join(
                java.io.File.pathSeparator,
                System.getProperty("java.class.path"),
                service.resolve("app/*").toString(),
                service.resolve("lib/main/*").toString(),
                service.resolve("lib/boot/*").toString());
        List<String> command = List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-Xmx1g",
                "-cp",
                classes,
                Limit.class.getName(),
                pack.onnx().toString(),
                scans.toString());
        return new Side(command, Map.of(), log);
    }

    /** Prints the rate of every way to run the limit and returns the best. */
    private Limit.Question sweep(Case measured, Side limit) throws IOException {
        int cores = Runtime.getRuntime().availableProcessors();
        Map<String, Double> rates = new TreeMap<>();
        Limit.Question best = Limit.Question.fastest(1, cores, 1, seconds);
        double most = 0;
        for (int threads = 1; threads <= cores; threads *= 2) {
            for (int workers = Math.max(1, cores / threads); workers <= cores / threads + 1; workers++) {
                for (int batch = 1; batch <= 32; batch *= 2) {
                    Limit.Question question = Limit.Question.fastest(threads, workers, batch, 1.5);
                    double rate = rate(limit, question);
                    rates.put(
                            "threads %d, workers %d, batch %2d".formatted(threads, workers, batch),
                            Median.rounded(rate, 1));
                    if (rate > most) {
                        most = rate;
                        best = Limit.Question.fastest(threads, workers, batch, seconds);
                    }
                }
            }
        }
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("bench", "scoring");
        line.put("case", measured.name());
        line.put("limitSweep", rates);
        System.out.println(Json.text(line));
        return best;
    }

    private static double rate(Side limit, Limit.Question question) throws IOException {
        return limit.ask(Json.text(question)).path("scansPerSecond").asDouble();
    }

    private Map<String, Object> compare(
            Case measured, Edge edge, Rig rig, Side limit, Limit.Question best, List<byte[]> images)
            throws IOException, InterruptedException {
        double expected = rate(limit, best);
        edge.measure(rig, measured.name(), images, expected, seconds);
        List<Double> ours = new ArrayList<>();
        List<Double> limits = new ArrayList<>();
        List<Double> ratios = new ArrayList<>();
        Map<String, Double> busy = Map.of();
        for (int pair = 0; pair < pairs; pair++) {
            Edge.Rate pipeline = edge.measure(rig, measured.name(), images, expected, seconds);
            double alone = rate(limit, best);
            ours.add(pipeline.scansPerSecond());
            limits.add(alone);
            ratios.add(pipeline.scansPerSecond() / alone);
            busy = pipeline.busyCores();
            System.err.printf(Locale.ROOT, "  %.1f of %.1f%n", pipeline.scansPerSecond(), alone);
        }
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("bench", "scoring");
        line.put("case", measured.name());
        line.put("edge", edge.name().toLowerCase(Locale.ROOT));
        line.put("pipeline", Median.rounded(Median.of(ours), 1));
        line.put("limit", Median.rounded(Median.of(limits), 1));
        line.put("ratio", Median.rounded(Median.of(ratios), 3));
        line.put("interval", Median.interval(ratios));
        line.put("pairs", pairs);
        line.put("limitOf", Map.of("threads", best.threads(), "workers", best.workers(), "batch", best.batch()));
        line.put("busyCores", busy);
        return line;
    }
}
