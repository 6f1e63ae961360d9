package io.scanstream.inference.scoring;

import io.micrometer.core.instrument.MeterRegistry;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.contracts.model.OnnxMetadata;
import io.scanstream.imaging.Image;
import io.scanstream.imaging.ImageDecoder;
import io.scanstream.inference.model.LoadedModel;
import io.scanstream.inference.model.Outputs;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.PriorityBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.BiFunction;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Scores scans: bytes → {@code imaging} on a pool → {@link MicroBatcher} → {@link Score}. Urgent scans go first at both
 * queues. Whoever calls bounds how many scans it has under way; the bytes between decoding and the model are bounded here.
 */
public final class Scorer implements AutoCloseable {
    private static final Set<String> PROBABILITIES = Set.of(OnnxMetadata.OUTPUT_PROBABILITIES);

    private final ImageDecoder decoder;
    private final MicroBatcher batcher;
    private final ThreadPoolExecutor decoding;
    private final ReadWriteLock memory = new ReentrantReadWriteLock();
    private final AtomicLong order = new AtomicLong();
    private final StageTimers timers;

    public Scorer(ScorerSettings settings, ImageDecoder decoder, MeterRegistry metrics) {
        this.decoder = decoder;
        this.timers = new StageTimers(metrics);
        this.batcher = new MicroBatcher(settings, timers);
        AtomicInteger number = new AtomicInteger();
        this.decoding = new ThreadPoolExecutor(
                settings.decodeThreads(),
                settings.decodeThreads(),
                0,
                TimeUnit.SECONDS,
                new PriorityBlockingQueue<>(),
                task -> new Thread(task, "decode-" + number.incrementAndGet()));
    }

    /**
     * Scores one scan. Returns at once.
     *
     * @param model is released by the scorer, whatever comes of the scan
     * @param bytes the encoded image
     * @return or fails with {@code NOT_AN_IMAGE}, {@code UNSUPPORTED_IMAGE} or {@code TOO_LARGE}, or with {@code INTERNAL}
     *     where the model fails
     */
    public CompletableFuture<Score> score(LoadedModel model, byte[] bytes, Urgency urgency) {
        return score(model, bytes, urgency, () -> true);
    }

    /**
     * As {@link #score(LoadedModel, byte[], Urgency)}, for a scan whose score may cease to be wanted.
     *
     * @param wanted asked before the scan is decoded and before it is run; if it says no, the answer is a {@link
     *     CancellationException}
     */
    public CompletableFuture<Score> score(LoadedModel model, byte[] bytes, Urgency urgency, BooleanSupplier wanted) {
        return enqueue(
                model,
                PROBABILITIES,
                urgency,
                wanted,
                () -> decoded(model, bytes),
                (outputs, row) -> Score.of(model, outputs.row(OnnxMetadata.OUTPUT_PROBABILITIES, row)));
    }

    /**
     * Runs a scan that is decoded already, in a batch with others. Returns at once.
     *
     * @param model is released by the scorer, whatever comes of the scan
     * @param input uint8 {@code [height, width, channels]} as {@link LoadedModel#input} says
     * @param outputs names out of {@link LoadedModel#outputShapes}
     * @return each output's values, without the batch dimension, in row-major order; or fails with {@code INVALID_REQUEST}
     *     if the input has another size, or {@code INTERNAL} where the model fails
     */
    public CompletableFuture<Map<String, float[]>> infer(
            LoadedModel model, byte[] input, Set<String> outputs, Urgency urgency) {
        return infer(model, input, outputs, urgency, () -> true);
    }

    /** As {@link #infer(LoadedModel, byte[], Set, Urgency)}, for a scan that may cease to be wanted. */
    public CompletableFuture<Map<String, float[]>> infer(
            LoadedModel model, byte[] input, Set<String> outputs, Urgency urgency, BooleanSupplier wanted) {
        return enqueue(model, Set.copyOf(outputs), urgency, wanted, () -> sized(model, input), rows(outputs));
    }

    /** As {@link #infer(LoadedModel, byte[], Set, Urgency, BooleanSupplier)}, from an encoded image; fails as a score does. */
    public CompletableFuture<Map<String, float[]>> inferImage(
            LoadedModel model, byte[] bytes, Set<String> outputs, Urgency urgency, BooleanSupplier wanted) {
        return enqueue(model, Set.copyOf(outputs), urgency, wanted, () -> decoded(model, bytes), rows(outputs));
    }

    private static BiFunction<Outputs, Integer, Map<String, float[]>> rows(Set<String> outputs) {
        return (given, row) ->
                outputs.stream().collect(Collectors.toMap(Function.identity(), output -> given.row(output, row)));
    }

    /** Drops what was measured of a version that is not in memory any more. */
    public void forget(ModelVersion version) {
        timers.forget(version);
    }

    private <T> CompletableFuture<T> enqueue(
            LoadedModel model,
            Set<String> outputs,
            Urgency urgency,
            BooleanSupplier wanted,
            Supplier<byte[]> source,
            BiFunction<Outputs, Integer, T> reading) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        batcher.expectOne();
        decoding.execute(new Turn(
                model,
                outputs,
                urgency,
                order.incrementAndGet(),
                System.nanoTime(),
                source,
                new Answering<>(answer, wanted, reading)));
        return answer.whenComplete((value, failure) -> model.release());
    }

    private static byte[] sized(LoadedModel model, byte[] input) {
        if (input.length != model.input().sizeBytes()) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST,
                    "model " + model.version() + ": an input of " + input.length + " bytes, expected were "
                            + model.input().sizeBytes() + ".");
        }
        return input;
    }

    /** Completes a future with what is made of a row. */
    private record Answering<T>(
            CompletableFuture<T> future, BooleanSupplier wanted, BiFunction<Outputs, Integer, T> reading)
            implements MicroBatcher.Answer {
        @Override
        public boolean isWanted() {
            return wanted.getAsBoolean();
        }

        @Override
        public void given(Outputs outputs, int row) {
            T value;
            try {
                value = reading.apply(outputs, row);
            } catch (RuntimeException e) {
                future.completeExceptionally(e);
                return;
            }
            future.complete(value);
        }

        @Override
        public void failed(Throwable reason) {
            future.completeExceptionally(reason);
        }
    }

    /** One scan's turn at the decoder. */
    private final class Turn implements Runnable, Comparable<Turn> {
        private final LoadedModel model;
        private final Set<String> outputs;
        private final Urgency urgency;
        private final long number;
        private final long since;
        private final Supplier<byte[]> source;
        private final MicroBatcher.Answer answer;

        Turn(
                LoadedModel model,
                Set<String> outputs,
                Urgency urgency,
                long number,
                long since,
                Supplier<byte[]> source,
                MicroBatcher.Answer answer) {
            this.model = model;
            this.outputs = outputs;
            this.urgency = urgency;
            this.number = number;
            this.since = since;
            this.source = source;
            this.answer = answer;
        }

        @Override
        public void run() {
            long begun = System.nanoTime();
            timers.queue(model, begun - since);
            byte[] input;
            try {
                if (!answer.isWanted()) {
                    throw new CancellationException("not wanted any more");
                }
                input = source.get();
            } catch (RuntimeException | Error e) {
                // An Error too: a codec that runs out of stack must not leave its scan without an answer.
                batcher.expectOneLess();
                answer.failed(
                        e instanceof ScanstreamException || e instanceof CancellationException
                                ? e
                                : new ScanstreamException(ErrorCode.INTERNAL, "decoding failed: " + e, e));
                return;
            }
            long decoded = System.nanoTime();
            timers.decode(model, decoded - begun);
            batcher.add(new MicroBatcher.Waiting(model, outputs, input, urgency, decoded, answer));
        }

        /** For a turn that never comes. */
        void giveUp() {
            batcher.expectOneLess();
            answer.failed(MicroBatcher.ends());
        }

        @Override
        public int compareTo(Turn other) {
            int byUrgency = urgency.compareTo(other.urgency);
            return byUrgency != 0 ? byUrgency : Long.compare(number, other.number);
        }
    }

    /** Decodes beside others; a scan for which memory is short then gets another chance alone. */
    private byte[] decoded(LoadedModel model, byte[] bytes) {
        memory.readLock().lock();
        try {
            return preprocess(model, bytes);
        } catch (OutOfMemoryError e) {
            // Others hold memory too: below.
        } finally {
            memory.readLock().unlock();
        }
        memory.writeLock().lock();
        try {
            return preprocess(model, bytes);
        } catch (OutOfMemoryError e) {
            throw new ScanstreamException(
                    ErrorCode.TOO_LARGE,
                    "the scan of " + bytes.length + " bytes needs more memory to decode than this service has.",
                    e);
        } finally {
            memory.writeLock().unlock();
        }
    }

    private byte[] preprocess(LoadedModel model, byte[] bytes) {
        Image image = decoder.decode(bytes);
        return model.preprocessor().apply(image);
    }

    /** As {@link #close(Duration)}, with ten seconds. */
    @Override
    public void close() {
        close(Duration.ofSeconds(10));
    }

    /**
     * Ends the threads, in a second more than it is given at most. What is under way then fails with {@code OVERLOADED}, and
     * a run that does not end is left behind.
     *
     * @param within how long what is under way may take
     */
    public void close(Duration within) {
        long until = System.nanoTime() + within.toNanos();
        decoding.shutdown();
        try {
            if (!decoding.awaitTermination(within.toNanos(), TimeUnit.NANOSECONDS)) {
                decoding.shutdownNow().forEach(turn -> ((Turn) turn).giveUp());
            }
        } catch (InterruptedException e) {
            decoding.shutdownNow().forEach(turn -> ((Turn) turn).giveUp());
            Thread.currentThread().interrupt();
        }
        batcher.close(Duration.ofNanos(Math.max(0, until - System.nanoTime())));
    }
}
