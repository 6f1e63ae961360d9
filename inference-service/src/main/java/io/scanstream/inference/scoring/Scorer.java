package io.scanstream.inference.scoring;

import io.micrometer.core.instrument.MeterRegistry;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.imaging.Image;
import io.scanstream.imaging.ImageDecoder;
import io.scanstream.inference.model.LoadedModel;
import io.scanstream.inference.model.Outputs;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.BiFunction;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Scores scans: bytes → {@link DecodingQueue} → {@code imaging} on a few threads → {@link MicroBatcher} → {@link Score}.
 * Urgent scans go first at both queues. Whoever calls bounds how many scans it has under way; the bytes between decoding and
 * the model are bounded here. Whatever happens to a scan, its future completes, once, and its model is released.
 */
public final class Scorer implements AutoCloseable {
    private final ImageDecoder decoder;
    private final MicroBatcher batcher;
    private final DecodingQueue<Turn> turns;
    private final List<Thread> decoders;
    private final ReadWriteLock memory = new ReentrantReadWriteLock();
    private final StageTimers timers;
    private final Listener listener;

    /** Hears of every score, on the thread that made it. */
    public interface Listener {
        void scored(LoadedModel model, Score score);
    }

    /** Whose scores nobody hears of but who asked for them. */
    public Scorer(ScorerSettings settings, ImageDecoder decoder, MeterRegistry metrics) {
        this(settings, decoder, metrics, (model, score) -> {});
    }

    public Scorer(ScorerSettings settings, ImageDecoder decoder, MeterRegistry metrics, Listener listener) {
        this.listener = listener;
        this.decoder = decoder;
        this.timers = new StageTimers(metrics);
        this.batcher = new MicroBatcher(settings, timers);
        this.turns = new DecodingQueue<>(settings.waitingBytes());
        this.decoders = IntStream.rangeClosed(1, settings.decodeThreads())
                .mapToObj(i -> new Thread(this::decodeAll, "decode-" + i))
                .toList();
        decoders.forEach(Thread::start);
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
        return enqueue(model, model.scored(), urgency, wanted, () -> decoded(model, bytes), (outputs, row) -> {
            Score score = Score.of(model, outputs, row);
            timers.scored(model, score);
            listener.scored(model, score);
            return score;
        });
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

    /**
     * A scan as its model sees it, and what the model gives.
     *
     * @param input uint8 {@code [height, width, channels]} as {@link LoadedModel#input} says
     * @param outputs as of {@link #infer}
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    public record Seen(byte[] input, Map<String, float[]> outputs) {}

    /** As {@link #inferImage}, with what the model was given. */
    public CompletableFuture<Seen> see(
            LoadedModel model, byte[] bytes, Set<String> outputs, Urgency urgency, BooleanSupplier wanted) {
        AtomicReference<byte[]> input = new AtomicReference<>(new byte[0]);
        return enqueue(
                model,
                Set.copyOf(outputs),
                urgency,
                wanted,
                () -> {
                    input.set(decoded(model, bytes));
                    return input.get();
                },
                (given, row) -> new Seen(input.get(), rows(outputs).apply(given, row)));
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
        CompletableFuture<T> released = answer.whenComplete((value, failure) -> model.release());
        Turn turn =
                new Turn(model, outputs, urgency, System.nanoTime(), source, new Answering<>(answer, wanted, reading));
        batcher.expectOne(urgency);
        try {
            if (!turns.add(turn)) {
                turn.doesNotCome(MicroBatcher.ends());
            }
        } catch (RuntimeException | Error e) {
            turn.doesNotCome(e);
        }
        return released;
    }

    private void decodeAll() {
        for (Turn turn = turns.next(); turn != null; turn = turns.next()) {
            turn.decode();
        }
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
            future.complete(reading.apply(outputs, row));
        }

        @Override
        public void failed(Throwable reason) {
            future.completeExceptionally(reason);
        }
    }

    /** One scan's turn at the decoder. */
    private final class Turn implements DecodingQueue.Turn {
        private final LoadedModel model;
        private final Set<String> outputs;
        private final Urgency urgency;
        private final long since;
        private final Supplier<byte[]> source;
        private final MicroBatcher.Answer answer;

        Turn(
                LoadedModel model,
                Set<String> outputs,
                Urgency urgency,
                long since,
                Supplier<byte[]> source,
                MicroBatcher.Answer answer) {
            this.model = model;
            this.outputs = outputs;
            this.urgency = urgency;
            this.since = since;
            this.source = source;
            this.answer = answer;
        }

        @Override
        public Urgency urgency() {
            return urgency;
        }

        @Override
        public int sizeBytes() {
            return model.input().sizeBytes();
        }

        /** Does not throw: a codec that runs out of stack must not leave its scan without an answer. */
        void decode() {
            MicroBatcher.Waiting decoded;
            try {
                decoded = decoded();
            } catch (RuntimeException | Error e) {
                turns.leave(this);
                doesNotCome(e);
                return;
            }
            batcher.add(decoded);
        }

        private MicroBatcher.Waiting decoded() {
            long begun = System.nanoTime();
            timers.queue(model, begun - since);
            if (!answer.isWanted()) {
                throw new CancellationException("not wanted any more");
            }
            byte[] input = source.get();
            long ended = System.nanoTime();
            timers.decode(model, ended - begun);
            return new MicroBatcher.Waiting(model, outputs, input, urgency, ended, () -> turns.leave(this), answer);
        }

        /** For a scan that the model does not get. */
        void doesNotCome(Throwable reason) {
            batcher.expectOneLess(urgency);
            answer.failed(Failures.ofScan("decoding failed", reason));
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
        turns.close();
        try {
            for (Thread decoder : decoders) {
                decoder.join(Math.max(1, TimeUnit.NANOSECONDS.toMillis(until - System.nanoTime())));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        turns.giveUp().forEach(turn -> turn.doesNotCome(MicroBatcher.ends()));
        batcher.close(Duration.ofNanos(Math.max(0, until - System.nanoTime())));
    }
}
