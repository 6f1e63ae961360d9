package io.scanstream.bench.scoring;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.Topics;
import io.scanstream.contracts.scoring.ScanId;
import io.scanstream.contracts.scoring.ScoreEvent;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.ObjLongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Sends scans at even intervals whatever comes back, and measures each from when it was due, so that a service that stalls
 * does not hide it by stalling its client (no coordinated omission).
 */
final class OpenLoop {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int AHEAD = 512;

    private final Rig rig;
    private final String model;
    private final List<byte[]> scans;

    OpenLoop(Rig rig, String model, List<byte[]> scans) {
        this.rig = rig;
        this.model = model;
        this.scans = scans;
    }

    /**
     * What was measured.
     *
     * @param sortedMs from when each was due until its answer, of those that were scored
     * @param shed how many were refused for overload
     */
    @SuppressWarnings("ArrayRecordComponent") // not compared
    record Latencies(double[] sortedMs, int shed) {
        static Latencies together(List<Latencies> measurements) {
            return new Latencies(
                    measurements.stream()
                            .flatMapToDouble(each -> Arrays.stream(each.sortedMs()))
                            .sorted()
                            .toArray(),
                    measurements.stream().mapToInt(Latencies::shed).sum());
        }

        double percentile(double share) {
            return sortedMs.length == 0 ? Double.NaN : Percentiles.of(sortedMs, share);
        }

        LatencyPlot.Point at(double perSecond) {
            return new LatencyPlot.Point(perSecond, percentile(0.5), percentile(0.99), percentile(0.999));
        }
    }

    /**
     * From {@code topic} to committed {@code scores}.
     *
     * @param deadline of each, from when it is due: those that are answered as expired count as shed; null: they wait
     */
    Latencies kafka(String topic, double perSecond, double seconds, @Nullable Duration deadline)
            throws InterruptedException {
        int count = (int) (perSecond * seconds);
        Map<ScanId, Long> due = new ConcurrentHashMap<>();
        Thread sender = new Thread(() -> pace(perSecond, count, (scan, when) -> {
            ScanId id = ScanId.next();
            due.put(id, when);
            rig.send(
                    topic,
                    model,
                    id,
                    scan,
                    deadline == null ? null : Instant.now().plus(deadline));
        }));
        sender.start();
        List<Double> milliseconds = new ArrayList<>();
        int[] shed = {0};
        long last = System.nanoTime();
        while (milliseconds.size() + shed[0] < count) {
            int before = milliseconds.size() + shed[0];
            rig.readEvents(Duration.ofMillis(100), (event, now) -> {
                Long from = due.remove(event.scanId());
                if (from == null) {
                    // One of those that wait beside.
                    return;
                }
                if (event instanceof ScoreEvent.ScanScored) {
                    milliseconds.add((now - from) / 1e6);
                } else if (event instanceof ScoreEvent.ScanRejected rejected
                        && rejected.code() == ErrorCode.DEADLINE_EXPIRED) {
                    shed[0]++;
                } else {
                    throw new ScanstreamException(ErrorCode.INTERNAL, "a scan was rejected: " + event);
                }
            });
            if (milliseconds.size() + shed[0] > before) {
                last = System.nanoTime();
            } else if (System.nanoTime() - last > PATIENCE.toNanos()) {
                throw new ScanstreamException(ErrorCode.INTERNAL, before + " of " + count + " came back, then none.");
            }
        }
        sender.join();
        return new Latencies(
                milliseconds.stream().mapToDouble(Double::doubleValue).sorted().toArray(), shed[0]);
    }

    /** Scans a second from {@code scans} to committed {@code scores} while scans are sent as they are scored. */
    double kafkaSaturation(double seconds) {
        long begun = System.nanoTime();
        int[] scored = {0};
        int sent = 0;
        while (System.nanoTime() - begun < seconds * 1e9) {
            while (sent < scored[0] + AHEAD) {
                rig.send(Topics.SCANS, model, scans.get(sent++ % scans.size()));
            }
            rig.readScores(Duration.ofMillis(100), (id, now) -> scored[0]++);
        }
        double rate = scored[0] * 1e9 / (System.nanoTime() - begun);
        while (scored[0] < sent) {
            rig.readScores(Duration.ofMillis(100), (id, now) -> scored[0]++);
        }
        return rate;
    }

    /** {@code POST /v1/models/{name}/score}, each on a connection that is free, or else on a new one. */
    Latencies http(double perSecond, double seconds) throws InterruptedException {
        int count = (int) (perSecond * seconds);
        URI address = rig.inference().resolve("/v1/models/" + model + "/score");
        Deque<HttpConnection> free = new ConcurrentLinkedDeque<>();
        ConcurrentLinkedQueue<Double> milliseconds = new ConcurrentLinkedQueue<>();
        ConcurrentLinkedQueue<Exception> failures = new ConcurrentLinkedQueue<>();
        AtomicInteger shed = new AtomicInteger();
        ExecutorService clients = Executors.newCachedThreadPool();
        try {
            pace(
                    perSecond,
                    count,
                    (scan, when) -> clients.execute(() -> {
                        try {
                            HttpConnection known = free.poll();
                            HttpConnection connection = known == null ? new HttpConnection(address) : known;
                            if (connection.post(scan) == HttpConnection.Answer.SCORED) {
                                milliseconds.add((System.nanoTime() - when) / 1e6);
                            } else {
                                shed.incrementAndGet();
                            }
                            free.push(connection);
                        } catch (IOException | RuntimeException e) {
                            failures.add(e);
                        }
                    }));
            clients.shutdown();
            boolean ended = clients.awaitTermination(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            if (!ended || !failures.isEmpty()) {
                throw new ScanstreamException(
                        ErrorCode.INTERNAL,
                        milliseconds.size() + " of " + count + " requests were scored, " + shed + " shed, "
                                + failures.size() + " failed, the first: " + failures.peek());
            }
        } finally {
            clients.shutdownNow();
            closeAll(free);
        }
        return new Latencies(
                milliseconds.stream().mapToDouble(Double::doubleValue).sorted().toArray(), shed.get());
    }

    private static void closeAll(Deque<HttpConnection> connections) {
        for (HttpConnection connection : connections) {
            try {
                connection.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** Urgent scans at even intervals while others, more than can be scored meanwhile, wait. */
    Latencies urgentBefore(int waiting, double perSecond, double seconds) throws InterruptedException {
        for (int i = 0; i < waiting; i++) {
            rig.send(Topics.SCANS, model, scans.get(i % scans.size()));
        }
        return kafka(Topics.SCANS_URGENT, perSecond, seconds, null);
    }

    private void pace(double perSecond, int count, ObjLongConsumer<byte[]> send) {
        Pace pace = new Pace(perSecond);
        try {
            for (int i = 0; i < count; i++) {
                long due = pace.awaitTurn(i);
                send.accept(scans.get(i % scans.size()), due);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
