package io.scanstream.bench.scoring;

import com.fasterxml.jackson.databind.JsonNode;
import io.scanstream.bench.pairs.Median;
import io.scanstream.bench.pairs.Side;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.Topics;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Measures scoring against its limit, a JSON line a case and edge. */
@Command(
        name = "scoring",
        mixinStandardHelpOptions = true,
        description =
                "Scans a second from Kafka to Kafka, and over HTTP, beside the limit: decoding and ONNX Runtime alone in one"
                        + " process on the same cores, at the best of a sweep of threads, workers and batch sizes, by turns."
                        + " Exit code 1 if a case stays below its share of the limit.")
public final class ScoringCommand implements Callable<Integer> {
    private static final double WARM_UP_LOAD = 0.3;

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

    @Option(
            names = "--warm-up",
            paramLabel = "N",
            defaultValue = "60",
            description = "Seconds at a third of the limit before each edge is measured: a service runs for days, its"
                    + " compiler for minutes. Default: ${DEFAULT-VALUE}.")
    private double warmUp = 60;

    @Option(
            names = "--node-modules",
            paramLabel = "DIR",
            description =
                    "A folder where npm has installed onnxruntime-node and sharp: measures them beside the limit too.")
    private @Nullable Path nodeModules;

    private final Path project = Path.of(System.getProperty("scanstream.project", "."));

    @Override
    public Integer call() throws IOException, InterruptedException {
        boolean all = true;
        for (Case measured : Case.named(only)) {
            all &= measure(measured);
        }
        return all ? 0 : 1;
    }

    /** Whether every edge reaches the case's bar. */
    private boolean measure(Case measured) throws IOException, InterruptedException {
        System.err.println(measured.name());
        boolean holds = true;
        try (Stand stand = Stand.of(measured, project)) {
            Limit.Question best = sweep(measured, stand.limit());
            if (nodeModules != null) {
                System.out.println(Json.text(comparePeer(measured, stand, best, nodeModules)));
            }
            for (Edge edge : Edge.values()) {
                if (edges.isEmpty() || edges.contains(edge.label())) {
                    Map<String, Object> line = compare(measured, edge, stand, best);
                    System.out.println(Json.text(line));
                    holds &= !Boolean.FALSE.equals(line.get("holds"));
                }
            }
        }
        return holds;
    }

    /**
     * One way to run the limit.
     *
     * @param threads of a run
     * @param workers side by side
     * @param batch scans in a run
     */
    private record Swept(int threads, int workers, int batch, double scansPerSecond) {}

    /** Prints the rate of every way to run the limit and returns the best. */
    private Limit.Question sweep(Case measured, Side limit) throws IOException {
        int cores = Runtime.getRuntime().availableProcessors();
        List<Swept> sweep = new ArrayList<>();
        Limit.Question best = Limit.Question.fastest(1, cores, 1, seconds);
        double most = 0;
        for (int threads = 1; threads <= cores; threads *= 2) {
            for (int workers = Math.max(1, cores / threads); workers <= cores / threads + 1; workers++) {
                for (int batch = 1; batch <= 32; batch *= 2) {
                    Limit.Question question = Limit.Question.fastest(threads, workers, batch, 1.5);
                    double rate = question.rateOf(limit);
                    sweep.add(new Swept(threads, workers, batch, Median.rounded(rate, 1)));
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
        line.put("edge", "limit");
        line.put("sweep", sweep);
        System.out.println(Json.text(line));
        return best;
    }

    /** The limit against ONNX Runtime's own Node package on the same file and scans, at the best of what that is run with. */
    private Map<String, Object> comparePeer(Case measured, Stand stand, Limit.Question best, Path modules)
            throws IOException {
        int cores = Runtime.getRuntime().availableProcessors();
        try (Side peer = stand.nodePeer(project, modules)) {
            Limit.Question fastest = best;
            double most = 0;
            for (int batch = 1; batch <= 16; batch *= 4) {
                for (int workers = cores; workers <= cores + 1; workers++) {
                    Limit.Question question = Limit.Question.fastest(1, workers, batch, 2);
                    double rate = question.rateOf(peer);
                    if (rate > most) {
                        most = rate;
                        fastest = Limit.Question.fastest(1, workers, batch, seconds);
                    }
                }
            }
            List<Double> limits = new ArrayList<>();
            List<Double> peers = new ArrayList<>();
            List<Double> ratios = new ArrayList<>();
            for (int pair = 0; pair < pairs; pair++) {
                limits.add(best.rateOf(stand.limit()));
                peers.add(fastest.rateOf(peer));
                ratios.add(limits.get(pair) / peers.get(pair));
            }
            Map<String, Object> line = new LinkedHashMap<>();
            line.put("bench", "scoring");
            line.put("case", measured.name());
            // Not the service, and not its ratio: how the limit stands to what somebody else would write.
            line.put("edge", "peer");
            line.put("peer", peer.name());
            line.put("peerScansPerSecond", Median.rounded(Median.of(peers), 1));
            line.put("limit", Median.rounded(Median.of(limits), 1));
            line.put("limitOverPeer", Median.rounded(Median.of(ratios), 3));
            line.put("interval", Median.interval(ratios));
            line.put("peerOf", Map.of("threads", 1, "workers", fastest.workers(), "batch", fastest.batch()));
            line.put("pairs", pairs);
            return line;
        }
    }

    private Map<String, Object> compare(Case measured, Edge edge, Stand stand, Limit.Question best)
            throws IOException, InterruptedException {
        double expected = best.rateOf(stand.limit());
        OpenLoop loop = new OpenLoop(stand.rig(), measured.name(), stand.scans());
        if (edge == Edge.KAFKA) {
            loop.kafka(Topics.SCANS, WARM_UP_LOAD * expected, warmUp, null);
        } else {
            loop.http(WARM_UP_LOAD * expected, warmUp);
        }
        edge.measure(stand.rig(), measured.name(), stand.scans(), expected, seconds);
        List<Double> ours = new ArrayList<>();
        List<Double> limitMicros = new ArrayList<>();
        List<Double> limits = new ArrayList<>();
        List<Double> ratios = new ArrayList<>();
        Edge.Rate last = new Edge.Rate(0, Map.of(), Map.of());
        for (int pair = 0; pair < pairs; pair++) {
            Edge.Rate pipeline = edge.measure(stand.rig(), measured.name(), stand.scans(), expected, seconds);
            JsonNode limit = best.ask(stand.limit());
            double alone = limit.path("scansPerSecond").asDouble();
            limitMicros.add(limit.path("cpuMicrosAScan").asDouble());
            ours.add(pipeline.scansPerSecond());
            limits.add(alone);
            ratios.add(pipeline.scansPerSecond() / alone);
            last = pipeline;
            System.err.printf(Locale.ROOT, "  %.1f of %.1f%n", pipeline.scansPerSecond(), alone);
        }
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("bench", "scoring");
        line.put("case", measured.name());
        line.put("edge", edge.label());
        line.put("pipeline", Median.rounded(Median.of(ours), 1));
        line.put("limit", Median.rounded(Median.of(limits), 1));
        line.put("ratio", Median.rounded(Median.of(ratios), 3));
        line.put("interval", Median.interval(ratios));
        line.put("pairs", pairs);
        line.put("limitOf", Map.of("threads", best.threads(), "workers", best.workers(), "batch", best.batch()));
        if (measured.bar() > 0) {
            line.put("bar", measured.bar());
            line.put("holds", Median.of(ratios) >= measured.bar());
        }
        line.put("busyCores", last.busyCores());
        line.put("cpuMicrosAScan", last.cpuMicros());
        line.put("limitCpuMicrosAScan", Median.rounded(Median.of(limitMicros), 1));
        return line;
    }
}
