package io.scanstream.bench.scoring;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.Topics;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/** One way into the service: how many scans a second come out of it while it is never idle. */
enum Edge {
    /** From {@code scans} to committed {@code scores}, with all scans sent before the first is counted. */
    KAFKA {
        @Override
        Rate measure(Rig rig, String model, List<byte[]> scans, double expected, double seconds) {
            int total = (int) Math.ceil(expected * (seconds + WARM_UP_S));
            long notCounted = Math.round(expected * WARM_UP_S);
            for (int i = 0; i < total; i++) {
                rig.send(Topics.SCANS, model, scans.get(i % scans.size()));
            }
            long[] read = {0, 0};
            long from = 0;
            long last = System.nanoTime();
            long fromCount = 0;
            Cores cores = Cores.of(rig.processes());
            CpuTimes times = CpuTimes.of(rig.processes());
            while (read[0] < total) {
                long before = read[0];
                rig.readScores(Duration.ofMillis(100), (id, now) -> {
                    read[0]++;
                    read[1] = now;
                });
                if (read[0] > before) {
                    last = read[1];
                } else if (System.nanoTime() - last > STALLED.toNanos()) {
                    throw new ScanstreamException(
                            ErrorCode.INTERNAL, read[0] + " of " + total + " scans came back, then none.");
                }
                if (from == 0 && read[0] >= notCounted) {
                    from = read[1];
                    fromCount = read[0];
                    cores = Cores.of(rig.processes());
                    times = CpuTimes.of(rig.processes());
                }
            }
            return new Rate(
                    (total - fromCount) * 1e9 / (last - from), cores.busy(), times.microsEach(total - fromCount));
        }
    },

    /** {@code POST /v1/models/{name}/score} from as many connections as keep the service busy. */
    HTTP {
        @Override
        Rate measure(Rig rig, String model, List<byte[]> scans, double expected, double seconds)
                throws InterruptedException {
            URI address = rig.inference().resolve("/v1/models/" + model + "/score");
            AtomicLong scored = new AtomicLong();
            ConcurrentLinkedQueue<Exception> failures = new ConcurrentLinkedQueue<>();
            long until = System.nanoTime() + (long) ((WARM_UP_S + seconds) * 1e9);
            List<Thread> connections = new ArrayList<>();
            for (int i = 0; i < CONNECTIONS; i++) {
                int first = i;
                Runnable posting = () -> {
                    try (HttpConnection http = new HttpConnection(address)) {
                        for (int next = first; System.nanoTime() < until; next++) {
                            if (http.post(scans.get(next % scans.size())) == HttpConnection.Answer.SCORED) {
                                scored.incrementAndGet();
                            }
                        }
                    } catch (IOException | RuntimeException e) {
                        failures.add(e);
                    }
                };
                Thread connection = new Thread(posting, "post-" + i);
                connections.add(connection);
                connection.start();
            }
            Thread.sleep((long) (WARM_UP_S * 1000));
            long from = scored.get();
            long begun = System.nanoTime();
            Cores cores = Cores.of(rig.processes());
            CpuTimes times = CpuTimes.of(rig.processes());
            Thread.sleep((long) (seconds * 1000));
            long counted = scored.get() - from;
            double rate = counted * 1e9 / (System.nanoTime() - begun);
            Map<String, Double> busy = cores.busy();
            Map<String, Double> micros = times.microsEach(Math.max(1, counted));
            for (Thread connection : connections) {
                connection.join();
            }
            if (!failures.isEmpty()) {
                throw new IllegalStateException("a request failed", failures.peek());
            }
            return new Rate(rate, busy, micros);
        }
    };

    private static final double WARM_UP_S = 2;
    private static final int CONNECTIONS = 48;
    private static final Duration STALLED = Duration.ofSeconds(60);

    /**
     * What was measured.
     *
     * @param busyCores by process, meanwhile
     * @param cpuMicros for each scan, by process and stage, see {@link CpuTimes}
     */
    record Rate(double scansPerSecond, Map<String, Double> busyCores, Map<String, Double> cpuMicros) {}

    /** As results and options have it. */
    String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * Measures.
     *
     * @param expected scans a second, about: says how many are needed
     */
    abstract Rate measure(Rig rig, String model, List<byte[]> scans, double expected, double seconds)
            throws InterruptedException;
}
