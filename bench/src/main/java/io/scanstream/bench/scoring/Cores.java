package io.scanstream.bench.scoring;

import io.scanstream.bench.pairs.Median;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;

/** How many cores each of some processes has kept busy since a moment. */
final class Cores {
    private final Map<String, Used> before = new TreeMap<>();
    private final long begun = System.nanoTime();

    private record Used(ProcessHandle process, Duration then) {}

    private Cores(Map<String, ProcessHandle> processes) {
        processes.forEach((name, process) -> before.put(name, new Used(process, used(process))));
    }

    /** From now on. */
    static Cores of(Map<String, ProcessHandle> processes) {
        return new Cores(processes);
    }

    /** By name, 1 for a core that was busy all the time. */
    Map<String, Double> busy() {
        double seconds = (System.nanoTime() - begun) / 1e9;
        Map<String, Double> busy = new TreeMap<>();
        before.forEach((name, process) -> {
            Duration since = used(process.process()).minus(process.then());
            busy.put(name, Median.rounded(since.toNanos() / 1e9 / seconds, 3));
        });
        return busy;
    }

    private static Duration used(ProcessHandle process) {
        return process.info().totalCpuDuration().orElse(Duration.ZERO);
    }
}
