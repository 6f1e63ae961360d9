package io.scanstream.bench.scoring;

import io.scanstream.bench.pairs.Median;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.Topics;
import io.scanstream.contracts.scoring.ScanId;
import io.scanstream.contracts.scoring.ScoreEvent;
import io.scanstream.storage.ModelPackage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Scores scans while versions are published and instances come, go and die; a JSON line. */
@Command(
        name = "swap",
        mixinStandardHelpOptions = true,
        description =
                "Sends scans at even intervals while a new version is published five times and instances are added,"
                        + " stopped (SIGTERM) and killed (SIGKILL); counts committed scores, latencies, how soon each"
                        + " version scores and the longest time in which a reader of committed scores saw none, of all and after the kill"
                        + " on each partition. Exit code 1 if a scan has no score, or two.")
public final class SwapCommand implements Callable<Integer> {
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    @Option(names = "--case", paramLabel = "NAME", defaultValue = "resnet18-96", description = "${DEFAULT-VALUE}")
    private String name = "resnet18-96";

    @Option(names = "--scans", paramLabel = "N", defaultValue = "10000", description = "Default: ${DEFAULT-VALUE}.")
    private int scans = 10_000;

    @Option(names = "--rate", paramLabel = "N", defaultValue = "80", description = "Scans a second. ${DEFAULT-VALUE}.")
    private double perSecond = 80;

    private final Path project = Path.of(System.getProperty("scanstream.project", "."));

    private final Map<ScanId, Long> due = new ConcurrentHashMap<>();
    private final AtomicInteger sent = new AtomicInteger();
    private final Stalls afterKill = new Stalls();
    private final Following following = new Following();
    private final AtomicReference<Exception> failure = new AtomicReference<>();

    @Override
    public Integer call() throws Exception {
        Case measured = Case.named(List.of(name)).get(0);
        Path work = Files.createDirectories(project.resolve("target/bench"));
        Path folder = Files.createTempDirectory(work, "swap");
        try (Stand stand = Stand.of(measured, project)) {
            Thread events = new Thread(() -> disturb(stand, folder), "disturb");
            Thread sender = new Thread(() -> send(stand, measured), "send");
            sender.start();
            events.start();
            Map<String, Object> line = read(stand.rig(), measured);
            sender.join();
            events.join();
            if (failure.get() != null) {
                throw failure.get();
            }
            System.out.println(Json.text(line));
            return Integer.valueOf(0).equals(line.get("lost"))
                            && Integer.valueOf(0).equals(line.get("twice"))
                    ? 0
                    : 1;
        }
    }

    private void send(Stand stand, Case measured) {
        Pace pace = new Pace(perSecond);
        try {
            for (int i = 0; i < scans; i++) {
                long when = pace.awaitTurn(i);
                byte[] scan = stand.scans().get(i % stand.scans().size());
                due.put(stand.rig().send(Topics.SCANS, measured.name(), scan), when);
                sent.incrementAndGet();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** What happens meanwhile, each at its share of the scans. */
    private void disturb(Stand stand, Path folder) {
        Republished versions = new Republished(stand.pack(), folder);
        Deque<Instance> instances = new ArrayDeque<>();
        try {
            for (int tenth = 1; tenth <= 9; tenth++) {
                while (sent.get() < scans * tenth / 10) {
                    Thread.sleep(50);
                }
                switch (tenth) {
                    case 1, 3, 5, 7, 9 -> {
                        ModelPackage pack = versions.next();
                        stand.rig().publish(pack);
                        following.promoted(pack.card().version(), System.nanoTime());
                    }
                    case 2, 6 -> instances.add(stand.rig().another(project, folder));
                    case 4 -> instances.remove().terminate();
                    default -> {
                        instances.remove().kill();
                        afterKill.from(System.nanoTime());
                    }
                }
                System.err.println("  " + tenth * 10 + " %");
            }
        } catch (IOException | RuntimeException e) {
            failure.set(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            instances.forEach(Instance::close);
        }
    }

    private Map<String, Object> read(Rig rig, Case measured) {
        Map<ScanId, Integer> scores = new HashMap<>();
        Map<String, Integer> versions = new TreeMap<>();
        List<Double> milliseconds = new ArrayList<>();
        long[] last = {System.nanoTime(), 0};
        while (scores.size() < scans && System.nanoTime() - last[0] < PATIENCE.toNanos()) {
            rig.readPartitions(Duration.ofMillis(50), (partition, event, now) -> {
                afterKill.read(partition, now);
                if (scores.size() > 0) {
                    last[1] = Math.max(last[1], now - last[0]);
                }
                last[0] = now;
                scores.merge(event.scanId(), 1, Integer::sum);
                if (event instanceof ScoreEvent.ScanScored scored) {
                    versions.merge(scored.version(), 1, Integer::sum);
                    following.scored(scored.version(), now);
                }
                Long from = due.get(event.scanId());
                if (from != null) {
                    milliseconds.add((now - from) / 1e6);
                }
            });
        }
        // A second score would come soon after.
        long until = System.nanoTime() + Duration.ofSeconds(5).toNanos();
        while (System.nanoTime() < until) {
            rig.readEvents(Duration.ofMillis(200), (event, now) -> scores.merge(event.scanId(), 1, Integer::sum));
        }
        double[] sorted =
                milliseconds.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("bench", "swap");
        line.put("case", measured.name());
        line.put("scans", scans);
        line.put("perSecond", perSecond);
        line.put("lost", scans - scores.size());
        line.put("twice", (int)
                scores.values().stream().filter(count -> count > 1).count());
        line.put("byVersion", versions);
        line.put("p50Ms", Median.rounded(Percentiles.of(sorted, 0.5), 1));
        line.put("p99Ms", Median.rounded(Percentiles.of(sorted, 0.99), 1));
        line.put("longestMs", Median.rounded(Arrays.stream(sorted).max().orElse(0), 1));
        line.put("longestStallMs", Median.rounded(last[1] / 1e6, 1));
        line.put("firstScoreAfterPromotionMs", following.firstScoreMs());
        line.put("staleAfterPromotionMs", following.longestStaleMs());
        line.put("stallAfterKillMs", afterKill.longestMs());
        return line;
    }
}
