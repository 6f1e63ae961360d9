package io.scanstream.bench.scoring;

import io.scanstream.bench.pairs.Median;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.Topics;
import io.scanstream.contracts.scoring.ScoreEvent;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Whether the service grows: its resident memory over many scans and versions; a JSON line. Linux only. */
@Command(
        name = "memory",
        mixinStandardHelpOptions = true,
        description =
                "Scores many scans, one in a hundred of them malformed, while new versions are published, and reads the"
                        + " service's resident memory as it goes.")
public final class MemoryCommand implements Callable<Integer> {
    private static final byte[] MALFORMED = "not an image".getBytes(StandardCharsets.UTF_8);
    private static final int ONE_IN = 100;
    private static final int AHEAD = 2_000;
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    @Option(names = "--case", paramLabel = "NAME", defaultValue = "digits-cnn", description = "${DEFAULT-VALUE}")
    private String name = "digits-cnn";

    @Option(names = "--scans", paramLabel = "N", defaultValue = "200000", description = "Default: ${DEFAULT-VALUE}.")
    private int scans = 200_000;

    @Option(names = "--swaps", paramLabel = "N", defaultValue = "50", description = "Default: ${DEFAULT-VALUE}.")
    private int swaps = 50;

    private final Path project = Path.of(System.getProperty("scanstream.project", "."));

    private int scored;
    private int rejected;

    @Override
    public Integer call() throws IOException, InterruptedException {
        Case measured = Case.named(List.of(name)).get(0);
        Path work = Files.createDirectories(project.resolve("target/bench"));
        try (Stand stand = Stand.of(measured, project)) {
            Republished versions = new Republished(stand.pack(), Files.createTempDirectory(work, "memory"));
            ProcessHandle service = stand.rig().processes().get("inference");
            if (service == null) {
                throw new IllegalStateException("no process of the service");
            }
            Map<String, Long> residentMiB = new LinkedHashMap<>();
            int published = 0;
            int sent = 0;
            while (scored + rejected < scans) {
                while (sent < scans && sent < scored + rejected + AHEAD) {
                    boolean malformed = sent % ONE_IN == ONE_IN - 1;
                    byte[] scan = malformed
                            ? MALFORMED
                            : stand.scans().get(sent % stand.scans().size());
                    stand.rig().send(Topics.SCANS, measured.name(), scan);
                    sent++;
                }
                readSome(stand.rig());
                if (published < swaps && scored + rejected >= (long) scans * (published + 1) / (swaps + 1)) {
                    stand.rig().publish(versions.next());
                    published++;
                }
                int tenth = (int) (10L * (scored + rejected) / scans);
                if (!residentMiB.containsKey(tenth * 10 + " %")) {
                    residentMiB.put(tenth * 10 + " %", residentMiB(service));
                    System.err.println("  " + tenth * 10 + " %: " + residentMiB.get(tenth * 10 + " %") + " MiB");
                }
            }
            Map<String, Object> line = new LinkedHashMap<>();
            line.put("bench", "memory");
            line.put("case", measured.name());
            line.put("scored", scored);
            line.put("rejected", rejected);
            line.put("swaps", published);
            line.put("residentMiB", residentMiB);
            long begin = residentMiB.getOrDefault("30 %", 0L);
            line.put("endOverBegin", Median.rounded((double) residentMiB(service) / begin, 3));
            System.out.println(Json.text(line));
            return 0;
        }
    }

    private void readSome(Rig rig) {
        long until = System.nanoTime() + PATIENCE.toNanos();
        int before = scored + rejected;
        while (scored + rejected == before) {
            rig.readEvents(Duration.ofMillis(100), (event, now) -> {
                if (event instanceof ScoreEvent.ScanScored) {
                    scored++;
                } else {
                    rejected++;
                }
            });
            if (System.nanoTime() - until > 0) {
                throw new ScanstreamException(ErrorCode.INTERNAL, before + " scans came back, then none.");
            }
        }
    }

    private static long residentMiB(ProcessHandle process) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc", Long.toString(process.pid()), "status"))) {
            if (line.startsWith("VmRSS:")) {
                return Long.parseLong(line.replaceAll("\\D", "")) >> 10;
            }
        }
        throw new IOException("no VmRSS of process " + process.pid());
    }
}
