package io.scanstream.inference.scoring;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.imaging.Image;
import io.scanstream.imaging.ImageDecoder;
import io.scanstream.inference.model.LoadedModel;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.PriorityBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * Scores scans: bytes → {@code imaging} on a pool → {@link MicroBatcher} → {@link Score}. Urgent scans go first at both
 * queues. Whoever calls bounds how many scans it has under way; the bytes between decoding and the model are bounded here.
 */
public final class Scorer implements AutoCloseable {
    private final ImageDecoder decoder;
    private final MicroBatcher batcher;
    private final ThreadPoolExecutor decoding;
    private final ReadWriteLock memory = new ReentrantReadWriteLock();
    private final AtomicLong order = new AtomicLong();
    private final Timer decodeTimer;

    public Scorer(ScorerSettings settings, ImageDecoder decoder, MeterRegistry metrics) {
        this.decoder = decoder;
        this.batcher = new MicroBatcher(settings, metrics);
        this.decodeTimer = metrics.timer("scanstream.decode");
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
        CompletableFuture<Score> answer = new CompletableFuture<>();
        batcher.expectOne();
        decoding.execute(new Decoding(model, bytes, urgency, order.incrementAndGet(), answer));
        return answer.whenComplete((score, failure) -> model.release());
    }

    /** One scan's turn at the decoder. */
    private final class Decoding implements Runnable, Comparable<Decoding> {
        private final LoadedModel model;
        private final byte[] bytes;
        private final Urgency urgency;
        private final long number;
        private final CompletableFuture<Score> answer;

        Decoding(LoadedModel model, byte[] bytes, Urgency urgency, long number, CompletableFuture<Score> answer) {
            this.model = model;
            this.bytes = bytes;
            this.urgency = urgency;
            this.number = number;
            this.answer = answer;
        }

        @Override
        public void run() {
            byte[] input;
            try {
                input = decodeTimer.recordCallable(() -> input(model, bytes));
            } catch (Exception | Error e) {
                // An Error too: a codec that runs out of stack must not leave its scan without an answer.
                batcher.expectOneLess();
                answer.completeExceptionally(
                        e instanceof ScanstreamException
                                ? e
                                : new ScanstreamException(ErrorCode.INTERNAL, "decoding failed: " + e, e));
                return;
            }
            batcher.add(new MicroBatcher.Waiting(model, input, urgency, System.nanoTime(), answer));
        }

        @Override
        public int compareTo(Decoding other) {
            int byUrgency = urgency.compareTo(other.urgency);
            return byUrgency != 0 ? byUrgency : Long.compare(number, other.number);
        }
    }

    /** Decodes beside others; a scan for which memory is short then gets another chance alone. */
    private byte[] input(LoadedModel model, byte[] bytes) {
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

    /** Ends the threads; what is under way is finished, at most for ten seconds. */
    @Override
    public void close() {
        decoding.shutdown();
        try {
            if (!decoding.awaitTermination(10, TimeUnit.SECONDS)) {
                decoding.shutdownNow();
            }
        } catch (InterruptedException e) {
            decoding.shutdownNow();
            Thread.currentThread().interrupt();
        }
        batcher.close();
    }
}
