package io.scanstream.trainer.ingest;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.imaging.ImageDecoder;
import io.scanstream.trainer.data.ManifestBuilder;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Decodes files on all cores while the next ones are read, and keeps the ones that are images. What waits to be decoded is
 * bounded in bytes; the reader waits for room. For one reading thread, which closes it.
 */
final class Examination implements Archive.Visitor, AutoCloseable {
    /** Waiting files: an eighth of the heap; decoding needs the rest. */
    private static final int MOST_WAITING_KIB = (int)
            Math.max(1 << 10, Math.min(Integer.MAX_VALUE, (Runtime.getRuntime().maxMemory() / 8) >> 10));

    private static final long PROGRESS_NANOS = 2_000_000_000L;

    private final ManifestBuilder manifest;
    private final ImageDecoder decoder;
    private final Function<byte[], String> keeper;
    private final Runnable check;
    private final ExecutorService workers =
            Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors());
    private final Semaphore room = new Semaphore(MOST_WAITING_KIB);
    private final AtomicReference<@Nullable RuntimeException> failure = new AtomicReference<>();
    private int files;
    private int hiddenFiles;
    private Progress progress = (read, rejected) -> {};
    private long lastProgress = System.nanoTime();

    /** Hears how many files have been read. */
    interface Progress {
        void read(int files, int rejected);
    }

    /**
     * Starts the threads.
     *
     * @param keeper stores an image and returns its SHA-256 in hex; called by many threads
     * @param check throws if the work is to stop
     */
    Examination(ManifestBuilder manifest, ImageDecoder decoder, Function<byte[], String> keeper, Runnable check) {
        this.manifest = manifest;
        this.decoder = decoder;
        this.keeper = keeper;
        this.check = check;
    }

    void everyFewSeconds(Progress listener) {
        progress = listener;
    }

    @Override
    public void file(String path, byte[] bytes, long sizeBytes) {
        check.run();
        throwFailure();
        files++;
        report();
        if (isGroups(path)) {
            manifest.groups(bytes);
            return;
        }
        if (sizeBytes > bytes.length) {
            reject(path, ErrorCode.TOO_LARGE, sizeBytes + " bytes are more than one image may have.");
            return;
        }
        int kib = Math.min(MOST_WAITING_KIB, (bytes.length >> 10) + 1);
        room.acquireUninterruptibly(kib);
        workers.execute(() -> {
            try {
                examine(path, bytes);
            } catch (RuntimeException e) {
                failure.compareAndSet(null, e);
            } finally {
                room.release(kib);
            }
        });
    }

    /** At the top, or in the one folder at the top. */
    private static boolean isGroups(String path) {
        return path.substring(path.indexOf('/') + 1).equals(ManifestBuilder.GROUPS);
    }

    private void examine(String path, byte[] bytes) {
        try {
            decoder.decode(bytes);
        } catch (ScanstreamException e) {
            reject(path, e.code(), String.valueOf(e.getMessage()));
            return;
        }
        String sha256 = keeper.apply(bytes);
        synchronized (manifest) {
            manifest.image(path, sha256, bytes.length);
        }
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
        room.acquireUninterruptibly(MOST_WAITING_KIB);
        room.release(MOST_WAITING_KIB);
        throwFailure();
    }

    private void throwFailure() {
        RuntimeException e = failure.get();
        if (e != null) {
            throw e;
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
