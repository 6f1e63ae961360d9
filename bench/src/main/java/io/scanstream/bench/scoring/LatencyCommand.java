package io.scanstream.bench.scoring;

import io.scanstream.bench.pairs.Median;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.Topics;
import java.io.IOException;
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
    private static final double WARM_UP_LOAD = 0.3;
    private static final List<Double> LOADS = List.of(0.5, 0.8, 1.5);
    private static final List<Double> CURVE = List.of(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2, 1.5);
    /** Of scans over Kafka above saturation, which nothing sheds but their deadlines. */
    private static final Duration DEADLINE = Duration.ofSeconds(2);

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

    @Option(
            names = "--pairs",
            paramLabel = "N",
            defaultValue = "5",
            description = "Below saturation: measurements of each load, by turns with decoding and running alone."
                    + " Default: ${DEFAULT-VALUE}.")
    private int pairs = 5;

    @Option(
            names = "--warm-up",
            paramLabel = "N",
            defaultValue = "60",
            description = "Seconds at a third of the limit before each edge is measured: a service runs for days, its"
                    + " compiler for minutes. Default: ${DEFAULT-VALUE}.")
    private double warmUp = 60;

    @Option(
            names = "--curve",
            paramLabel = "DIR",
            description = "Measures twelve loads up to 1.5, and draws them into DIR, an SVG a case and edge.")
    private @Nullable Path curve;

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
            boolean kafka = edge == Edge.KAFKA;
            if (kafka) {
                loop.kafka(Topics.SCANS, WARM_UP_LOAD * expected, warmUp, null);
            } else {
                loop.http(WARM_UP_LOAD * expected, warmUp);
            }
            double saturation = kafka
                    ? loop.kafkaSaturation(10)
                    : edge.measure(stand.rig(), measured.name(), stand.scans(), expected, 8)
                            .scansPerSecond();
            LatencyPlot plot = new LatencyPlot(measured.name() + ", " + edge.label(), saturation);
            for (double load : loads.isEmpty() ? (curve == null ? LOADS : CURVE) : loads) {
                plot.add(atLoad(load, saturation, edge, measured, stand, loop));
            }
            if (curve != null) {
                Files.writeString(
                        Files.createDirectories(curve)
                                .resolve("latency-" + measured.name() + "-" + edge.label() + ".svg"),
                        plot.svg());
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

    private LatencyPlot.Point atLoad(
            double load, double saturation, Edge edge, Case measured, Stand stand, OpenLoop loop)
            throws IOException, InterruptedException {
        double perSecond = load * saturation;
        boolean shedding = load >= 1;
        List<OpenLoop.Latencies> measurements = new ArrayList<>();
        List<Double> bare = new ArrayList<>();
        List<Double> above = new ArrayList<>();
        for (int pair = 0; pair < (shedding ? 1 : pairs); pair++) {
            OpenLoop.Latencies latencies = edge == Edge.KAFKA
                    ? loop.kafka(Topics.SCANS, perSecond, seconds, shedding ? DEADLINE : null)
                    : loop.http(perSecond, seconds);
            measurements.add(latencies);
            if (!shedding) {
                bare.add(bareP99(stand, perSecond));
                above.add(latencies.percentile(0.99) - bare.get(pair));
            }
        }
        OpenLoop.Latencies all = OpenLoop.Latencies.together(measurements);
        Map<String, Object> line = line(measured, edge, all);
        line.put("load", load);
        line.put("perSecond", Median.rounded(perSecond, 1));
        if (!shedding) {
            line.put("bareP99Ms", Median.rounded(Median.of(bare), 2));
            line.put("aboveBareP99Ms", Median.rounded(Median.of(above), 2));
            line.put("aboveBareP99MsInterval", Median.interval(above));
        }
        System.out.println(Json.text(line));
        return all.at(perSecond);
    }

    /** Of decoding and running each scan alone by all cores, at the same pace. */
    private double bareP99(Stand stand, double perSecond) throws IOException {
        int cores = Runtime.getRuntime().availableProcessors();
        Limit.Question alone = new Limit.Question(cores, 1, 1, seconds, perSecond);
        return alone.ask(stand.limit()).path("p99Ms").asDouble();
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
