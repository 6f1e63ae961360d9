package io.scanstream.trainer.ingest;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.dataset.Likeness;
import io.scanstream.imaging.DecodeLimits;
import io.scanstream.imaging.Image;
import io.scanstream.imaging.ImageDecoder;
import io.scanstream.imaging.PngWriter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Decodes files on all cores while the next ones are read, and keeps the ones that are images. What waits to be decoded is
 * bounded in bytes; the reader waits for room. For one reading thread, which closes it.
 */
final class Examination implements Archive.Visitor, AutoCloseable {
    /** Waiting files: an eighth of the heap; decoding needs the rest. */
    private static final int MOST_WAITING_KIB = (int)
            Math.max(1 << 10, Math.min(Integer.MAX_VALUE, (Runtime.getRuntime().maxMemory() / 8) >> 10));

    /** Images of an array that are one task. */
    private static final int PORTION = 256;

    private static final long PROGRESS_NANOS = 2_000_000_000L;

    private final ManifestBuilder manifest;
    private final ImageDecoder decoder;
    private final Keeper keeper;
    private final Runnable check;
    private final LongConsumer checkImages;
    private final HeldArrays arrays = HeldArrays.inAThirdOfTheHeap();
    private final ExecutorService workers =
            Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors());
    private final Semaphore room = new Semaphore(MOST_WAITING_KIB);
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private int files;
    private int hiddenFiles;
    private Progress progress = (read, rejected) -> {};
    private long lastProgress = System.nanoTime();

    /** Keeps what is to be trained on; called by many threads. */
    interface Keeper {
        /** Keeps a file of the upload and returns its SHA-256 in hex. */
        String file(byte[] bytes);

        /** Keeps an image that was made from a part of a file, as PNG, and returns its SHA-256 in hex. */
        String made(byte[] png);
    }

    /** Hears how many files have been read. */
    interface Progress {
        void read(int files, int rejected);
    }

    /**
     * Starts the threads.
     *
     * @param checkImages hears how many images are in the arrays, before any is kept; throws if they are too many
     * @param check throws if the work is to stop
     */
    Examination(
            ManifestBuilder manifest, ImageDecoder decoder, Keeper keeper, LongConsumer checkImages, Runnable check) {
        this.manifest = manifest;
        this.decoder = decoder;
        this.keeper = keeper;
        this.checkImages = checkImages;
        this.check = check;
    }

    void everyFewSeconds(Progress listener) {
        progress = listener;
    }

    @Override
    public int wantedBytes(String path) {
        String name = path.toLowerCase(Locale.ROOT);
        boolean array =
                name.endsWith(".npz") || name.endsWith(".npy") || name.contains("ubyte") || name.contains("idx");
        long most = array
                ? Runtime.getRuntime().maxMemory() / 3
                : DecodeLimits.defaults().maxBytes() + 1;
        return (int) Math.min(Integer.MAX_VALUE - 8, most);
    }

    @Override
    public void file(String path, byte[] bytes, long sizeBytes) {
        check.run();
        throwFailure();
        files++;
        report();
        if (sizeBytes > bytes.length) {
            reject(path, ErrorCode.TOO_LARGE, sizeBytes + " bytes are more than one image may have.");
            return;
        }
        work(Math.min(MOST_WAITING_KIB, (bytes.length >> 10) + 1), () -> examine(path, bytes));
    }

    private void work(int kib, Runnable task) {
        room.acquireUninterruptibly(kib);
        workers.execute(() -> {
            try {
                task.run();
            } catch (RuntimeException | Error e) {
                failure.compareAndSet(null, e);
            } finally {
                room.release(kib);
            }
        });
    }

    private void examine(String path, byte[] bytes) {
        try {
            if (path.toLowerCase(Locale.ROOT).endsWith(".csv")) {
                synchronized (manifest) {
                    manifest.table(path, bytes);
                }
            } else if (NumberArray.isArrayFile(path, bytes)) {
                arrays.read(path, bytes);
            } else {
                image(path, bytes);
            }
        } catch (ScanstreamException e) {
            if (e.code().retryable() || path.endsWith(ManifestBuilder.GROUPS)) {
                throw e;
            }
            reject(path, e.code(), String.valueOf(e.getMessage()));
        }
    }

    private void image(String path, byte[] bytes) {
        add(image(path, bytes, decoder, keeper));
    }

    /**
     * Decodes a file, looks at it and keeps it.
     *
     * @throws ScanstreamException as {@link ImageDecoder#decode} says
     */
    static Found image(String path, byte[] bytes, ImageDecoder decoder, Keeper keeper) {
        Image image = decoder.decode(bytes);
        Found.GreyValues grey = MaskPairs.isMask(path) ? Found.GreyValues.of(image.pixels(), image.channels()) : null;
        Likeness likeness = likeness(image.pixels(), image.widthPx(), image.heightPx(), image.channels());
        String sha256 = keeper.file(bytes);
        return new Found(path, sha256, bytes.length, image.widthPx(), image.heightPx(), grey, likeness, null);
    }

    private static @Nullable Likeness likeness(byte[] pixels, int widthPx, int heightPx, int channels) {
        return Math.min(widthPx, heightPx) < Likenesses.SHORTEST_SIDE_PX
                ? null
                : Likenesses.of(pixels, widthPx, heightPx, channels);
    }

    private void add(Found found) {
        synchronized (manifest) {
            manifest.image(found);
        }
    }

    /** The images of array files; their partners are known when all files are. */
    private void examineArrays() {
        List<ImageSeries> all =
                ImageSeries.pair(arrays.all(), (path, reason) -> reject(path, ErrorCode.INVALID_DATASET, reason));
        checkImages.accept(
                all.stream().mapToLong(series -> series.images().count()).sum());
        for (ImageSeries series : all) {
            for (int from = 0; from < series.images().count(); from += PORTION) {
                int first = from;
                int end = Math.min(series.images().count(), from + PORTION);
                check.run();
                throwFailure();
                work(1, () -> {
                    for (int i = first; i < end; i++) {
                        image(series, i);
                    }
                });
            }
        }
    }

    private void image(ImageSeries series, int index) {
        NumberArray images = series.images();
        int height = images.shape()[1];
        int width = images.shape()[2];
        byte[] pixels = images.image(index);
        byte[] png = PngWriter.encode(pixels, width, height, images.channels());
        String sha256 = keeper.made(png);
        Likeness likeness = likeness(pixels, width, height, images.channels());
        add(new Found(series.path(index), sha256, png.length, width, height, null, likeness, series.told(index)));
    }

    private void reject(String path, ErrorCode code, String reason) {
        synchronized (manifest) {
            manifest.reject(path, code, reason);
        }
    }

    private void report() {
        long now = System.nanoTime();
        if (now - lastProgress >= PROGRESS_NANOS) {
            lastProgress = now;
            synchronized (manifest) {
                progress.read(files, manifest.rejections());
            }
        }
    }

    @Override
    public void hidden(String path) {
        hiddenFiles++;
    }

    /** Waits until every file is examined; throws what went wrong on the way. */
    void complete() {
        awaitAll();
        examineArrays();
        awaitAll();
    }

    private void awaitAll() {
        room.acquireUninterruptibly(MOST_WAITING_KIB);
        room.release(MOST_WAITING_KIB);
        throwFailure();
    }

    private void throwFailure() {
        Throwable e = failure.get();
        if (e instanceof Error error) {
            throw error;
        }
        if (e instanceof RuntimeException exception) {
            throw exception;
        }
    }

    int files() {
        return files;
    }

    int hiddenFiles() {
        return hiddenFiles;
    }

    @Override
    public void close() {
        workers.shutdownNow();
    }
}
