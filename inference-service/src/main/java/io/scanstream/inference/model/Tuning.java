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
 * Measures how fast sessions run at growing batch sizes, as many runs side by side as their threads fit the cores. Sizes
 * double until two doublings in a row have gained nothing, or until time is up.
 */
final class Tuning {
    /** A gain below this is noise, or not worth the latency. */
    private static final double WORTH = 1.03;

    private static final int MISSES = 2;
    private static final int TURNS = 2;
    private static final Duration AT_LEAST = Duration.ofMillis(40);

    private final OrtEnvironment environment;
    private final Preprocessing input;

    Tuning(OrtEnvironment environment, Preprocessing input) {
        this.environment = environment;
        this.input = input;
    }

    /**
     * A session that is measured.
     *
     * @param sideBySide runs at once
     */
    record Candidate(OnnxRuntime.Opened opened, int sideBySide) {}

    /**
     * What was measured of a candidate.
     *
     * @param knee the smallest batch whose rate is not worth exceeding
     * @param scansPerSecond at the knee, all runs together
     */
    record Measured(Candidate candidate, int knee, double scansPerSecond) {
        /** Whether it is so much faster than another that it is no noise. */
        boolean beats(Measured other) {
            return scansPerSecond > WORTH * other.scansPerSecond;
        }
    }

    /**
     * Measures candidates by turns, so that whatever else the machine does slows all of them, and takes the best of two
     * measurements of each at each size.
     *
     * @param ladder the sizes to try, growing
     * @param within how long, about; the first size is always measured
     * @return in the order of the candidates
     */
    List<Measured> measure(List<Candidate> candidates, List<Integer> ladder, Duration within) throws OrtException {
        long until = System.nanoTime() + within.toNanos();
        ExecutorService runners = Executors.newFixedThreadPool(
                candidates.stream().mapToInt(Candidate::sideBySide).max().orElse(1));
        try {
            List<Climb> climbs = candidates.stream()
                    .map(candidate -> new Climb(candidate, ladder.get(0)))
                    .toList();
            for (int size : ladder) {
                for (int turn = 0; turn < TURNS; turn++) {
                    for (Climb climb : climbs) {
                        if (climb.misses < MISSES) {
                            climb.saw(size, rate(climb.candidate, runners, size));
                        }
                    }
                }
                climbs.forEach(Climb::endSize);
                if (System.nanoTime() - until > 0) {
                    break;
                }
            }
            return climbs.stream().map(climb -> climb.best).toList();
        } finally {
            runners.shutdown();
        }
    }

    /** One candidate's way up the ladder. */
    private static final class Climb {
        final Candidate candidate;
        Measured best;
        Measured now;
        int misses;

        Climb(Candidate candidate, int first) {
            this.candidate = candidate;
            this.best = new Measured(candidate, first, 0);
            this.now = best;
        }

        void saw(int size, double rate) {
            if (size != now.knee() || rate > now.scansPerSecond()) {
                now = new Measured(candidate, size, rate);
            }
        }

        void endSize() {
            boolean gains = now.beats(best);
            misses = gains ? 0 : misses + 1;
            best = gains ? now : best;
        }
    }

    private double rate(Candidate candidate, ExecutorService runners, int size) throws OrtException {
        OrtSession session = candidate.opened().session();
        int sideBySide = candidate.sideBySide();
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
