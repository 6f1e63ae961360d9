package io.scanstream.bench.scoring;

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
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Whether the service grows: its resident memory over many scans and versions; a JSON line. Linux only. */
@Command(
        name = "memory",
        mixinStandardHelpOptions = true,
        description =
                "Scores many scans, one in a hundred of them malformed, while new versions are published, and reads the"
                        + " service's memory as it goes, with a heap of fixed size. Exit code 1 if it has grown by more than is"
                        + " allowed since the warm-up, or not exactly the malformed scans were rejected.")
public final class MemoryCommand implements Callable<Integer> {
    private static final byte[] MALFORMED = "not an image".getBytes(StandardCharsets.UTF_8);
    private static final int ONE_IN = 100;

    /**
     * Of the size of {@code -Xmx}, and in memory from the start. A heap that may grow takes more by and by as the collector
     * sees fit, whether anything is kept in it or not, and hides what is looked for.
     */
    private static final Map<String, String> FIXED_HEAP = Map.of("JDK_JAVA_OPTIONS", "-Xms1g -XX:+AlwaysPreTouch");

    private static final int SCANS_A_SWAP = 4_000;
    private static final int LOOKS = 50;
    private static final int AHEAD = 2_000;
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    @Option(names = "--case", paramLabel = "NAME", defaultValue = "digits-cnn", description = "${DEFAULT-VALUE}")
    private String name = "digits-cnn";

    @Option(
            names = "--scans",
            paramLabel = "N",
            defaultValue = "200000",
            description = "At least 50. Default: ${DEFAULT-VALUE}.")
    private int scans = 200_000;

    @Option(names = "--swaps", paramLabel = "N", description = "Versions. Default: one for 4,000 scans.")
    private @Nullable Integer swaps;

    @Option(
            names = "--warm-up",
            paramLabel = "SHARE",
            defaultValue = "0.3",
            description = "Of the scans; the tenth after it is what the last tenth is held against. ${DEFAULT-VALUE}.")
    private double warmUp = 0.3;

    @Option(
            names = "--allowed",
            paramLabel = "SHARE",
            defaultValue = "0.05",
            description = "Growth of resident memory that is no failure. Default: ${DEFAULT-VALUE}.")
    private double allowed = 0.05;

    private final Path project = Path.of(System.getProperty("scanstream.project", "."));

    private int scored;
    private int rejected;

    @Override
    public Integer call() throws IOException, InterruptedException {
        requireSense();
        Case measured = Case.named(List.of(name)).get(0);
        Path work = Files.createDirectories(project.resolve("target/bench"));
        try (Stand stand = Stand.of(measured, project, FIXED_HEAP)) {
            Republished versions = new Republished(stand.pack(), Files.createTempDirectory(work, "memory"));
            List<Footprint> seen = scoreAll(stand, measured, versions);
            Footprint end = Footprint.collected(
                    scored + rejected, service(stand), stand.rig().inference());
            Growth resident = Growth.of(seen, warmUp, Footprint::resident);
            Growth outsideHeap = Growth.of(seen, warmUp, Footprint::outsideHeap);
            boolean holds = resident.share() <= allowed && rejected == scans / ONE_IN;
            Map<String, Object> line = new LinkedHashMap<>();
            line.put("bench", "memory");
            line.put("case", measured.name());
            line.put("scored", scored);
            line.put("rejected", rejected);
            line.put("swaps", swaps());
            line.put("curveMiB", seen);
            line.put("resident", resident.toMap());
            line.put("outsideHeap", outsideHeap.toMap());
            line.put("heapInUseMiB", end.heapUsed());
            line.put("allowed", allowed);
            line.put("holds", holds);
            System.out.println(Json.text(line));
            return holds ? 0 : 1;
        }
    }

    private void requireSense() {
        if (scans < LOOKS || warmUp < 0 || warmUp > 0.8 || allowed < 0 || swaps() < 0) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST,
                    "--scans " + scans + " is below " + LOOKS + ", --warm-up " + warmUp
                            + " is not within 0 and 0.8, or --allowed " + allowed + " or --swaps " + swaps()
                            + " below 0.");
        }
    }

    private int swaps() {
        return swaps == null ? scans / SCANS_A_SWAP : swaps;
    }

    private List<Footprint> scoreAll(Stand stand, Case measured, Republished versions)
            throws IOException, InterruptedException {
        List<Footprint> seen = new ArrayList<>();
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
            if (published < swaps() && isDue(published + 1, swaps() + 1)) {
                stand.rig().publish(versions.next());
                published++;
            }
            if (isDue(seen.size() + 1, LOOKS)) {
                Footprint now = Footprint.of(
                        scored + rejected, service(stand), stand.rig().inference());
                seen.add(now);
                System.err.printf(
                        Locale.ROOT,
                        "  %3d %%: %d scans, %d versions, %d MiB resident, %d of it heap, %d direct buffers%n",
                        100 * seen.size() / LOOKS,
                        now.scans(),
                        published,
                        now.resident(),
                        now.heap(),
                        now.direct());
            }
        }
        return seen;
    }

    private static ProcessHandle service(Stand stand) {
        ProcessHandle service = stand.rig().processes().get("inference");
        if (service == null) {
            throw new IllegalStateException("no process of the service");
        }
        return service;
    }

    /** Whether the scans that came back are a share of all. */
    private boolean isDue(int part, int parts) {
        return scored + rejected >= (long) scans * part / parts;
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
}
