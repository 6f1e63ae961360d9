package io.scanstream.bench.scoring;

import io.scanstream.bench.pairs.Median;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * What processors did since a moment, by process and by what the threads of the service and of the client are for. Linux
 * only: elsewhere nothing is known.
 */
final class CpuTimes {
    private static final Path PROC = Path.of("/proc");
    /** Microseconds of a tick: user and kernel time are counted in hundredths of a second, whatever the kernel's own tick is. */
    private static final long TICK_MICROS = 10_000;

    /** A thread's stage by how its name, of which Linux keeps 15 characters, begins; the first that fits counts. */
    private static final List<Map.Entry<String, String>> STAGES = List.of(
            Map.entry("decode-", "decode"),
            Map.entry("run-model-", "run"),
            Map.entry("scans-commit", "commit"),
            Map.entry("scans.urgent-co", "commit"),
            Map.entry("scans", "consume"),
            Map.entry("consumer_backgr", "consume"),
            Map.entry("kafka-producer", "produce"),
            // The main thread, which Linux knows by the program's name.
            Map.entry("java", "consume"),
            Map.entry("vert.x-", "http"),
            Map.entry("executor-thread", "http"),
            Map.entry("C1 Compiler", "compile"),
            Map.entry("C2 Compiler", "compile"),
            Map.entry("GC Thread", "collect"),
            Map.entry("G1 ", "collect"),
            Map.entry("VM Thread", "collect"));

    private static final String OTHER = "other";
    /** Processes whose threads have names of ours. */
    private static final List<String> BY_THREAD = List.of("inference", "client");

    private final Map<String, ProcessHandle> processes;
    private final Map<String, Long> before;

    private CpuTimes(Map<String, ProcessHandle> processes) {
        this.processes = Map.copyOf(processes);
        this.before = micros();
    }

    /** From now on. */
    static CpuTimes of(Map<String, ProcessHandle> processes) {
        return new CpuTimes(processes);
    }

    /**
     * Microseconds for each of so many scans since then, by process ({@code broker}) or by process and stage
     * ({@code inference.decode}); without what took less than one.
     */
    Map<String, Double> microsEach(long scans) {
        Map<String, Double> each = new TreeMap<>();
        micros().forEach((stage, now) -> {
            double used = (double) (now - before.getOrDefault(stage, 0L)) / scans;
            if (used >= 1) {
                each.put(stage, Median.rounded(used, 1));
            }
        });
        return each;
    }

    private Map<String, Long> micros() {
        Map<String, Long> micros = new TreeMap<>();
        processes.forEach((name, process) -> {
            Path threads = PROC.resolve(Long.toString(process.pid())).resolve("task");
            if (Files.isDirectory(threads)) {
                add(name, threads, micros);
            }
        });
        return micros;
    }

    private static void add(String process, Path threads, Map<String, Long> micros) {
        try (Stream<Path> all = Files.list(threads)) {
            for (Path thread : all.toList()) {
                addThread(process, thread, micros);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void addThread(String process, Path thread, Map<String, Long> micros) throws IOException {
        try {
            String name = read(thread.resolve("comm")).strip();
            String stage = BY_THREAD.contains(process) ? process + "." + stage(name) : process;
            micros.merge(stage, micros(read(thread.resolve("stat"))), Long::sum);
        } catch (IOException e) {
            if (Files.exists(thread)) {
                throw e;
            }
            // It has just ended; what it did is not known any more.
        }
    }

    private static String read(Path file) throws IOException {
        return Files.readString(file, StandardCharsets.ISO_8859_1);
    }

    /** What a thread is for. */
    static String stage(String thread) {
        return STAGES.stream()
                .filter(stage -> thread.startsWith(stage.getKey()))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElse(OTHER);
    }

    /** User and kernel time out of {@code /proc/<pid>/stat}, proc(5): fields 14 and 15, after a name that may hold anything. */
    static long micros(String stat) {
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) * TICK_MICROS;
    }
}
