package io.scanstream.inference.model;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.scanstream.contracts.model.OnnxMetadata;
import io.scanstream.contracts.model.Preprocessing;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Measures how fast a session runs at growing batch sizes, as many runs side by side as its threads fit the cores. Sizes
 * double until two doublings in a row have gained nothing, or until time is up.
 */
final class Tuning {
    /** A gain below this is noise, or not worth the latency. */
    private static final double WORTH = 1.03;

    private static final int MISSES = 2;
    private static final Duration AT_LEAST = Duration.ofMillis(40);

    private final OrtEnvironment environment;
    private final Preprocessing input;

    Tuning(OrtEnvironment environment, Preprocessing input) {
        this.environment = environment;
        this.input = input;
    }

    /**
     * What was measured.
     *
     * @param knee the smallest batch whose rate is not worth exceeding
     * @param scansPerSecond at the knee, all runs together
     */
    record Measured(int knee, double scansPerSecond) {
        /** Whether it is so much faster than another that it is no noise. */
        boolean beats(Measured other) {
            return scansPerSecond > WORTH * other.scansPerSecond;
        }
    }

    /**
     * Measures one session.
     *
     * @param sideBySide runs at once
     * @param ladder the sizes to try, growing
     * @param within how long, about; the first size is always measured
     */
    Measured measure(OrtSession session, int sideBySide, List<Integer> ladder, Duration within) throws OrtException {
        long until = System.nanoTime() + within.toNanos();
        Measured best = new Measured(ladder.get(0), 0);
        int misses = 0;
        ExecutorService runners = Executors.newFixedThreadPool(sideBySide);
        try {
            for (int size : ladder) {
                Measured now = new Measured(size, rate(session, runners, sideBySide, size));
                misses = now.beats(best) ? 0 : misses + 1;
                best = now.beats(best) ? now : best;
                if (misses == MISSES || System.nanoTime() - until > 0) {
                    break;
                }
            }
            return best;
        } finally {
            runners.shutdown();
        }
    }

    private double rate(OrtSession session, ExecutorService runners, int sideBySide, int size) throws OrtException {
        List<ByteBuffer> batches = new ArrayList<>();
        for (int i = 0; i < sideBySide; i++) {
            batches.add(noise(size));
        }
        together(session, runners, batches, size);
        long begun = System.nanoTime();
        int rounds = 0;
        long nanos;
        do {
            together(session, runners, batches, size);
            rounds++;
            nanos = System.nanoTime() - begun;
        } while (nanos < AT_LEAST.toNanos());
        return 1e9 * rounds * sideBySide * size / nanos;
    }

    private void together(OrtSession session, ExecutorService runners, List<ByteBuffer> batches, int size)
            throws OrtException {
        List<Future<?>> runs = new ArrayList<>();
        for (ByteBuffer batch : batches) {
            runs.add(runners.submit(() -> {
                run(session, batch, size);
                return null;
            }));
        }
        for (Future<?> run : runs) {
            try {
                run.get();
            } catch (ExecutionException e) {
                if (e.getCause() instanceof OrtException failed) {
                    throw failed;
                }
                throw new IllegalStateException("a warm-up run failed", e.getCause());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted in a warm-up run", e);
            }
        }
    }

    private void run(OrtSession session, ByteBuffer batch, int size) throws OrtException {
        long[] shape = {size, input.heightPx(), input.widthPx(), input.channels()};
        try (OnnxTensor scan = OnnxTensor.createTensor(environment, batch.rewind(), shape, OnnxJavaType.UINT8);
                OrtSession.Result result =
                        session.run(Map.of(OnnxMetadata.INPUT_SCAN, scan), Set.of(OnnxMetadata.OUTPUT_PROBABILITIES))) {
            result.get(0);
        }
    }

    private ByteBuffer noise(int size) {
        byte[] bytes = new byte[Math.multiplyExact(size, input.sizeBytes())];
        new Random(size).nextBytes(bytes);
        return ByteBuffer.allocateDirect(bytes.length).put(bytes);
    }
}
