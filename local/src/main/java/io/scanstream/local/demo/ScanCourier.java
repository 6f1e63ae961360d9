package io.scanstream.local.demo;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.api.ScanView;
import io.scanstream.contracts.dataset.Manifest;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.contracts.scoring.ScanId;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Sends scans to the gateway, a few at a time, and waits until each has come back scored or rejected. */
final class ScanCourier {
    private static final int AT_A_TIME = 8;

    /** So long nothing may come back before the courier gives up. */
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private static final Duration PAUSE = Duration.ofMillis(100);

    private final GatewayClient gateway;
    private final ModelVersion model;

    ScanCourier(GatewayClient gateway, ModelVersion model) {
        this.gateway = gateway;
        this.model = model;
    }

    private record Sent(Manifest.Entry entry, ScanId id) {}

    /**
     * Sends the images of manifest entries.
     *
     * @param folder that the entries' paths are relative to
     * @param classOf from a folder's name to the model's class
     * @return those that came back, in the entries' order; fewer than were sent if nothing came for two minutes
     */
    List<ScoredScan> deliver(Path folder, List<Manifest.Entry> entries, UnaryOperator<String> classOf)
            throws InterruptedException {
        ExecutorService pool = Executors.newFixedThreadPool(AT_A_TIME);
        try {
            List<Future<Sent>> sending = new ArrayList<>();
            for (Manifest.Entry entry : entries) {
                sending.add(pool.submit(
                        () -> new Sent(entry, gateway.send(model, Files.readAllBytes(folder.resolve(entry.path()))))));
            }
            List<Future<ScoredScan>> coming = new ArrayList<>();
            for (Future<Sent> one : sending) {
                Sent sent = result(one);
                coming.add(pool.submit(() -> await(sent, classOf)));
            }
            List<ScoredScan> back = new ArrayList<>();
            for (Future<ScoredScan> one : coming) {
                ScoredScan scan = result(one);
                if (scan != null) {
                    back.add(scan);
                }
            }
            return back;
        } finally {
            pool.shutdownNow();
        }
    }

    private @Nullable ScoredScan await(Sent sent, UnaryOperator<String> classOf) throws Exception {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() < deadline) {
            ScanView view = gateway.scan(sent.id());
            if (view.result() != null) {
                String label = sent.entry().label();
                return new ScoredScan(sent.entry().path(), label == null ? null : classOf.apply(label), view.result());
            }
            Thread.sleep(PAUSE.toMillis());
        }
        return null;
    }

    private static <T> T result(Future<T> future) throws InterruptedException {
        try {
            return future.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof ScanstreamException known) {
                throw known;
            }
            throw new ScanstreamException(
                    ErrorCode.INTERNAL, "a scan could not be sent or asked for: " + e.getCause(), e.getCause());
        }
    }
}
