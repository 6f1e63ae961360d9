package io.scanstream.trainer.data;

import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.model.Task;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Makes batches on threads of its own, a few ahead of who takes them: decoding, preprocessing, augmenting. The caller
 * closes it.
 */
public final class BatchLoader implements AutoCloseable {
    /** Sets the draws of a batch apart from those of an image. */
    private static final long MIXING = 1;

    private final TrainingData data;
    private final Augmenter augmenter;
    private final int batchSize;
    private final int ahead;
    private final ExecutorService workers;
    private final int threads;
    private final LongAdder imagesMade = new LongAdder();
    private final LongAdder busyNanos = new LongAdder();

    /**
     * Starts the threads.
     *
     * @param augmenter applied to the images of streams that are opened for training
     * @param threads that decode and augment; batches made ahead are one more
     */
    public BatchLoader(TrainingData data, Augmenter augmenter, int batchSize, int threads) {
        this.data = data;
        this.augmenter = augmenter;
        this.batchSize = batchSize;
        this.threads = threads;
        this.ahead = threads + 1;
        AtomicInteger number = new AtomicInteger();
        this.workers = Executors.newFixedThreadPool(threads, task -> {
            Thread thread = new Thread(task, "batch-loader-" + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        });
    }

    /**
     * Opens an epoch of shuffled, augmented training images.
     *
     * @param from the first step to take, counts from 0
     */
    public BatchStream training(long seed, int epoch, int from) {
        int count = data.drawn().size();
        int[] order = new int[count];
        for (int i = 0; i < count; i++) {
            order[i] = i;
        }
        SplittableRandom random = new SplittableRandom(Seeds.at(seed, epoch));
        for (int i = count - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            int swapped = order[i];
            order[i] = order[j];
            order[j] = swapped;
        }
        return new BatchStream(data.drawn(), plan(order), from, new Augmented(seed, epoch));
    }

    /** Opens a pass over samples in their order, unchanged. */
    public BatchStream inOrder(List<Sample> samples) {
        int[] order = new int[samples.size()];
        for (int i = 0; i < order.length; i++) {
            order[i] = i;
        }
        return new BatchStream(samples, plan(order), 0, new Unchanged());
    }

    /**
     * Images a second that the threads can make, all at work: decoding, resizing and augmenting, or augmenting alone where
     * pixels are kept in memory. Since the call before; 0 where none was made.
     */
    public double imagesPerSecond() {
        double seconds = busyNanos.sumThenReset() / 1e9;
        long images = imagesMade.sumThenReset();
        return images == 0 ? 0 : images * threads / Math.max(1e-9, seconds);
    }

    /** Counts the images that are made from here on alone. */
    public void forgetPace() {
        busyNanos.reset();
        imagesMade.reset();
    }

    /** Steps of a training epoch. */
    public int stepsPerEpoch() {
        return plan(new int[data.drawn().size()]).size();
    }

    /** Cuts an order into batches. A last one of a single image joins the one before: batch norm cannot train on it. */
    private List<int[]> plan(int[] order) {
        List<int[]> batches = new ArrayList<>();
        int from = 0;
        while (from < order.length) {
            int to = Math.min(order.length, from + batchSize);
            if (order.length - to == 1) {
                to++;
            }
            batches.add(java.util.Arrays.copyOfRange(order, from, to));
            from = to;
        }
        return batches;
    }

    @Override
    public void close() {
        workers.shutdownNow();
    }

    /** Turns samples' pixels into those of a pass over the data. */
    private interface Change {
        Augmenter.Pair augment(int index, Augmenter.Pair pair);

        Batch.Size size();

        Batch.@Nullable Mixed mix(int step, byte[][] images, long[] labels);
    }

    /** Leaves images as they are. */
    private final class Unchanged implements Change {
        @Override
        public Augmenter.Pair augment(int index, Augmenter.Pair pair) {
            return pair;
        }

        @Override
        public Batch.Size size() {
            return new Batch.Size(
                    data.preprocessing().widthPx(), data.preprocessing().heightPx());
        }

        @Override
        public Batch.@Nullable Mixed mix(int step, byte[][] images, long[] labels) {
            return null;
        }
    }

    /** Draws for each image of an epoch, and for each of its batches, from their places alone. */
    private final class Augmented implements Change {
        private final long seed;
        private final int epoch;

        Augmented(long seed, int epoch) {
            this.seed = seed;
            this.epoch = epoch;
        }

        @Override
        public Augmenter.Pair augment(int index, Augmenter.Pair pair) {
            return augmenter.apply(pair, new SplittableRandom(Seeds.at(seed, epoch, index)));
        }

        @Override
        public Batch.Size size() {
            return new Batch.Size(augmenter.widthPx(), augmenter.heightPx());
        }

        @Override
        public Batch.@Nullable Mixed mix(int step, byte[][] images, long[] labels) {
            SplittableRandom drawn = new SplittableRandom(Seeds.at(seed, epoch, step, MIXING));
            return augmenter
                    .mixing()
                    .map(mixing -> mixing.apply(images, labels, drawn))
                    .orElse(null);
        }
    }

    /** Batches in order, made ahead. For one thread; closing drops what is still being made. */
    public final class BatchStream implements AutoCloseable {
        private final List<Sample> samples;
        private final List<int[]> plan;
        private final Change change;
        private final Deque<Future<Batch>> pending = new ArrayDeque<>();
        private final Queue<ByteBuffer> spare = new ConcurrentLinkedQueue<>();
        private int next;
        private int submitted;

        private BatchStream(List<Sample> samples, List<int[]> plan, int from, Change change) {
            this.samples = samples;
            this.plan = plan;
            this.change = change;
            this.next = from;
            this.submitted = from;
            fill();
        }

        public boolean hasNext() {
            return next < plan.size();
        }

        /**
         * The next batch; waits for it. The caller closes it.
         *
         * @throws ScanstreamException {@code INVALID_DATASET} when an image cannot be read any more
         */
        public Batch next() throws InterruptedException {
            if (!hasNext()) {
                throw new NoSuchElementException("the epoch has " + plan.size() + " batches");
            }
            next++;
            try {
                Batch batch = pending.remove().get();
                fill();
                return batch;
            } catch (ExecutionException e) {
                if (e.getCause() instanceof ScanstreamException ours) {
                    throw ours;
                }
                throw new IllegalStateException("a batch could not be made", e.getCause());
            }
        }

        private void fill() {
            while (pending.size() < ahead && submitted < plan.size()) {
                int step = submitted++;
                pending.add(workers.submit(() -> make(step)));
            }
        }

        private Batch make(int step) {
            long start = System.nanoTime();
            try {
                Batch batch = read(step);
                imagesMade.add(batch.size());
                return batch;
            } finally {
                busyNanos.add(System.nanoTime() - start);
            }
        }

        private Batch read(int step) {
            int[] members = plan.get(step);
            byte[][] images = new byte[members.length][];
            byte[][] masks = new byte[data.task() == Task.SEGMENTATION ? members.length : 0][];
            long[] labels = new long[members.length];
            for (int i = 0; i < members.length; i++) {
                Sample sample = samples.get(members[i]);
                labels[i] = sample.label();
                byte[] mask = masks.length == 0 ? null : data.mask(sample);
                Augmenter.Pair pair = change.augment(members[i], new Augmenter.Pair(data.pixels(sample), mask));
                images[i] = pair.image();
                if (pair.mask() != null) {
                    masks[i] = pair.mask();
                }
            }
            Batch.@Nullable Mixed mixed = change.mix(step, images, labels);
            return new Batch(
                    packed(images), masks.length == 0 ? null : packed(masks), change.size(), labels, mixed, spare);
        }

        private ByteBuffer packed(byte[][] parts) {
            int sizeBytes = parts[0].length;
            ByteBuffer packed = buffer(parts.length * sizeBytes);
            for (int i = 0; i < parts.length; i++) {
                packed.put(i * sizeBytes, parts[i]);
            }
            return packed;
        }

        private ByteBuffer buffer(int sizeBytes) {
            ByteBuffer reused = spare.poll();
            ByteBuffer buffer =
                    reused != null && reused.capacity() >= sizeBytes ? reused : ByteBuffer.allocateDirect(sizeBytes);
            return buffer.clear().limit(sizeBytes);
        }

        @Override
        public void close() {
            pending.forEach(batch -> batch.cancel(true));
        }
    }
}
