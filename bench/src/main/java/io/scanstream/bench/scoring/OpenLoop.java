package io.scanstream.bench.scoring;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.Topics;
import io.scanstream.contracts.scoring.ScanId;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.ObjLongConsumer;

/**
 * Sends scans at even intervals whatever comes back, and measures each from when it was due, so that a service that stalls
 * does not hide it by stalling its client (no coordinated omission).
 */
final class OpenLoop {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

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
        double percentile(double share) {
            return sortedMs.length == 0 ? Double.NaN : Percentiles.of(sortedMs, share);
        }
    }

    /** From {@code topic} to committed {@code scores}. */
    Latencies kafka(String topic, double perSecond, double seconds) throws InterruptedException {
        int count = (int) (perSecond * seconds);
        Map<ScanId, Long> due = new ConcurrentHashMap<>();
        double[] milliseconds = new double[count];
        AtomicInteger sent = new AtomicInteger();
        Thread sender = new Thread(() -> pace(perSecond, count, (scan, when) -> {
            due.put(rig.send(topic, model, scan), when);
            sent.incrementAndGet();
        }));
        sender.start();
        Map<ScanId, Long> early = new ConcurrentHashMap<>();
        int read = 0;
        long last = System.nanoTime();
        while (read < count) {
            Map<ScanId, Long> now = new ConcurrentHashMap<>();
            rig.readScores(Duration.ofMillis(100), now::put);
            now.putAll(early);
            early.clear();
            for (Map.Entry<ScanId, Long> score : now.entrySet()) {
                Long from = due.remove(score.getKey());
                if (from == null) {
                    // Scored before its sender had noted it, or one of those that wait beside.
                    if (sent.get() < count) {
                        early.put(score.getKey(), score.getValue());
                    }
                    continue;
                }
                milliseconds[read++] = (score.getValue() - from) / 1e6;
                last = System.nanoTime();
            }
            if (System.nanoTime() - last > PATIENCE.toNanos()) {
                throw new ScanstreamException(ErrorCode.INTERNAL, read + " of " + count + " came back, then none.");
            }
        }
        sender.join();
        Arrays.sort(milliseconds);
        return new Latencies(milliseconds, 0);
    }

    /** {@code POST /v1/models/{name}/score}. */
    Latencies http(double perSecond, double seconds) throws InterruptedException {
        int count = (int) (perSecond * seconds);
        HttpClient client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        URI address = rig.inference().resolve("/v1/models/" + model + "/score");
        ConcurrentLinkedQueue<Double> milliseconds = new ConcurrentLinkedQueue<>();
        ConcurrentLinkedQueue<String> failures = new ConcurrentLinkedQueue<>();
        AtomicInteger shed = new AtomicInteger();
        AtomicInteger answered = new AtomicInteger();
        pace(perSecond, count, (scan, when) -> {
            HttpRequest request = HttpRequest.newBuilder(address)
                    .header("Content-Type", "image/jpeg")
                    .POST(HttpRequest.BodyPublishers.ofByteArray(scan))
                    .build();
            var unused = client.sendAsync(request, HttpResponse.BodyHandlers.ofString())
                    .whenComplete((answer, failure) -> {
                        if (failure != null) {
                            failures.add(failure.toString());
                        } else if (answer.statusCode() == 503) {
                            shed.incrementAndGet();
                        } else if (answer.statusCode() == 200) {
                            milliseconds.add((System.nanoTime() - when) / 1e6);
                        } else {
                            failures.add(answer.statusCode() + " " + answer.body());
                        }
                        answered.incrementAndGet();
                    });
        });
        long until = System.nanoTime() + PATIENCE.toNanos();
        while (answered.get() < count && System.nanoTime() < until) {
            Thread.sleep(10);
        }
        if (!failures.isEmpty() || answered.get() < count) {
            throw new ScanstreamException(
                    ErrorCode.INTERNAL,
                    answered.get() + " of " + count + " requests were answered, " + failures.size()
                            + " of them with failures, the first: " + failures.peek());
        }
        return new Latencies(
                milliseconds.stream().mapToDouble(Double::doubleValue).sorted().toArray(), shed.get());
    }

    /** Urgent scans at even intervals while others, more than can be scored meanwhile, wait. */
    Latencies urgentBefore(int waiting, double perSecond, double seconds) throws InterruptedException {
        for (int i = 0; i < waiting; i++) {
            rig.send(Topics.SCANS, model, scans.get(i % scans.size()));
        }
        return kafka(Topics.SCANS_URGENT, perSecond, seconds);
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
