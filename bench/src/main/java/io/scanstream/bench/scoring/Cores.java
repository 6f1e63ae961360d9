package io.scanstream.bench.scoring;

import io.scanstream.bench.pairs.Median;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;

/** How many cores each of some processes has kept busy since a moment. */
final class Cores {
    private final Map<String, ProcessHandle> processes;
    private final Map<String, Duration> before = new TreeMap<>();
    private final long begun = System.nanoTime();

    private Cores(Map<String, ProcessHandle> processes) {
        this.processes = processes;
        processes.forEach((name, process) -> before.put(name, used(process)));
    }

    /** From now on. */
    static Cores of(Map<String, ProcessHandle> processes) {
        return new Cores(processes);
    }

    /** By name, 1 for a core that was busy all the time. */
    Map<String, Double> busy() {
        double seconds = (System.nanoTime() - begun) / 1e9;
        Map<String, Double> busy = new TreeMap<>();
        before.forEach((name, then) -> busy.put(
                name, Median.rounded(used(processes.get(name)).minus(then).toNanos() / 1e9 / seconds, 3)));
        return busy;
    }

    private static Duration used(ProcessHandle process) {
        return process.info().totalCpuDuration().orElse(Duration.ZERO);
    }
}
