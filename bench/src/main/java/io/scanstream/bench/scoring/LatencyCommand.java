package io.scanstream.bench.scoring;

import io.scanstream.bench.pairs.Median;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.Topics;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Measures latencies under open loads, a JSON line each. */
@Command(
        name = "latency",
        mixinStandardHelpOptions = true,
        description =
                "Latencies of scans that come at even intervals, from when each was due until its answer: over HTTP and"
                        + " from Kafka to Kafka, at shares of what the service can do; beside them those of decoding and running alone"
                        + " at the same pace; and of urgent scans while others wait.")
public final class LatencyCommand implements Callable<Integer> {
    private static final List<Double> PERCENTILES = List.of(0.5, 0.95, 0.99, 0.999);
    private static final int WAITING = 10_000;
    private static final double URGENT_PER_SECOND = 4;

    @Option(names = "--case", paramLabel = "NAME", description = "Measures these cases alone; may be repeated.")
    private List<String> only = new ArrayList<>();

    @Option(
            names = "--load",
            paramLabel = "SHARE",
            description = "Of what the service can do, as measured first; may be repeated. Default: 0.5, 0.8, 1.5.")
    private List<Double> loads = new ArrayList<>();

    @Option(
            names = "--seconds",
            paramLabel = "N",
            defaultValue = "20",
            description = "Of each measurement. Default: ${DEFAULT-VALUE}.")
    private double seconds = 20;

    @Option(names = "--urgent", negatable = true, defaultValue = "true", fallbackValue = "true")
    private boolean urgent = true;

    private final Path project = Path.of(System.getProperty("scanstream.project", "."));

    @Override
    public Integer call() throws IOException, InterruptedException {
        for (Case measured : Case.named(only)) {
            System.err.println(measured.name());
            try (Stand stand = Stand.of(measured, project)) {
                measure(measured, stand);
            }
        }
        return 0;
    }

    private void measure(Case measured, Stand stand) throws IOException, InterruptedException {
        int cores = Runtime.getRuntime().availableProcessors();
        double expected = Limit.Question.fastest(1, cores, 4, 3).rateOf(stand.limit());
        OpenLoop loop = new OpenLoop(stand.rig(), measured.name(), stand.scans());
        for (Edge edge : Edge.values()) {
            edge.measure(stand.rig(), measured.name(), stand.scans(), expected, 5);
            double saturation = edge.measure(stand.rig(), measured.name(), stand.scans(), expected, 5)
                    .scansPerSecond();
            for (double load : loads.isEmpty() ? List.of(0.5, 0.8, 1.5) : loads) {
                double perSecond = load * saturation;
                OpenLoop.Latencies latencies = edge == Edge.KAFKA
                        ? loop.kafka(Topics.SCANS, perSecond, seconds)
                        : loop.http(perSecond, seconds);
                Map<String, Object> line = line(measured, edge, latencies);
                line.put("load", load);
                line.put("perSecond", Median.rounded(perSecond, 1));
                if (load < 1) {
                    double bare = bareP99(stand, cores, perSecond);
                    line.put("bareP99Ms", Median.rounded(bare, 2));
                    line.put("aboveBareP99Ms", Median.rounded(latencies.percentile(0.99) - bare, 2));
                }
                System.out.println(Json.text(line));
            }
        }
        if (urgent) {
            OpenLoop.Latencies latencies = loop.urgentBefore(WAITING, URGENT_PER_SECOND, seconds);
            Map<String, Object> line = line(measured, Edge.KAFKA, latencies);
            line.put("urgentPerSecond", URGENT_PER_SECOND);
            line.put("waiting", WAITING);
            System.out.println(Json.text(line));
        }
    }

    /** Of decoding and running each scan alone by all cores, at the same pace. */
    private double bareP99(Stand stand, int cores, double perSecond) throws IOException {
        Limit.Question alone = new Limit.Question(cores, 1, 1, seconds, perSecond);
        return stand.limit().ask(Json.text(alone)).path("p99Ms").asDouble();
    }

    private static Map<String, Object> line(Case measured, Edge edge, OpenLoop.Latencies latencies) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("bench", "latency");
        line.put("case", measured.name());
        line.put("edge", edge.label());
        line.put("scored", latencies.sortedMs().length);
        line.put("shed", latencies.shed());
        for (double share : PERCENTILES) {
            String name =
                    "p" + Double.toString(share * 100).replaceAll("\\.0$", "").replace(".", "") + "Ms";
            line.put(name, Median.rounded(latencies.percentile(share), 2));
        }
        return line;
    }
}
