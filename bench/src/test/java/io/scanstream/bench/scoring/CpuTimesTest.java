package io.scanstream.bench.scoring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class CpuTimesTest {
    private static final ThreadMXBean CPU = ManagementFactory.getThreadMXBean();

    @Test
    void readsUserAndKernelTimeBehindANameWithSpacesAndBrackets() {
        String stat = "4711 (G1 (Conc) #0) S 1 4711 4711 0 -1 1077936192 5 0 0 0 123 45 0 0 20 0 60 0 1000 0";

        assertThat(CpuTimes.micros(stat)).isEqualTo(1_680_000);
    }

    @Test
    void knowsThreadsByHowTheirNamesBegin() {
        assertThat(CpuTimes.stage("decode-2")).isEqualTo("decode");
        assertThat(CpuTimes.stage("run-model-1")).isEqualTo("run");
        assertThat(CpuTimes.stage("C2 CompilerThre")).isEqualTo("compile");
        assertThat(CpuTimes.stage("Signal Dispatch")).isEqualTo("other");
    }

    @Test
    void countsWhatAThreadDoesToItsStage() throws InterruptedException {
        assumeThat(Files.isDirectory(Path.of("/proc/self/task"))).as("Linux").isTrue();
        CpuTimes times = CpuTimes.of(Map.of("inference", ProcessHandle.current()));
        CountDownLatch worked = new CountDownLatch(1);
        CountDownLatch seen = new CountDownLatch(1);
        Thread decoder = new Thread(
                () -> {
                    while (CPU.getCurrentThreadCpuTime() < 200_000_000) {
                        Thread.onSpinWait();
                    }
                    worked.countDown();
                    awaitUninterrupted(seen);
                },
                "decode-1");
        decoder.start();
        worked.await();

        Map<String, Double> each = times.microsEach(10);
        seen.countDown();
        decoder.join();

        // 200 ms in all, in ticks of 10.
        assertThat(each.get("inference.decode")).isBetween(18_000.0, 30_000.0);
    }

    private static void awaitUninterrupted(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
