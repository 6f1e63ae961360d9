package io.scanstream.trainer.data;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Hashes;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.dataset.DatasetVersion;
import io.scanstream.contracts.dataset.Manifest;
import io.scanstream.imaging.DecodeLimits;
import io.scanstream.imaging.ImageDecoder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;

/**
 * Reads class folders on this machine into a manifest, as {@link ManifestBuilder} says. Every file is decoded once; one that
 * is no image is listed with its reason. Hidden files and folders are passed over.
 */
public final class FolderIngest {

    /** Hears how many files have been read, now and then. */
    @FunctionalInterface
    public interface Listener {
        void read(int files, int rejected);
    }

    private final Path root;
    private final Listener listener;
    private final ManifestBuilder manifest = new ManifestBuilder();
    private final ImageDecoder decoder = new ImageDecoder(DecodeLimits.defaults());

    private FolderIngest(Path root, Listener listener) {
        this.root = root;
        this.listener = listener;
    }

    /**
     * Reads a folder, decoding on all cores.
     *
     * @throws ScanstreamException {@code INVALID_DATASET} when there is no such folder, or it does not hold images of two
     *     classes
     */
    public static Manifest read(Path root, DatasetVersion dataset, Listener listener) throws IOException {
        if (!Files.isDirectory(root)) {
            throw new ScanstreamException(ErrorCode.INVALID_DATASET, "data: no folder " + root + ".");
        }
        FolderIngest ingest = new FolderIngest(root, listener);
        ingest.examine();
        return ingest.manifest.build(dataset, Instant.now());
    }

    private void examine() throws IOException {
        ExecutorService workers =
                Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors());
        try {
            List<Future<?>> pending = new ArrayList<>();
            for (String path : files()) {
                pending.add(workers.submit(() -> {
                    examine(path);
                    return path;
                }));
            }
            int files = 0;
            for (Future<?> file : pending) {
                file.get();
                files++;
                if (files % 50 == 0 || files == pending.size()) {
                    synchronized (manifest) {
                        listener.read(files, manifest.rejections());
                    }
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ScanstreamException(
                    ErrorCode.CANCELLED, "the thread that reads " + root + " was interrupted.", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof ScanstreamException ours) {
                throw ours;
            }
            throw new ScanstreamException(ErrorCode.INTERNAL, "reading " + root + ": " + e.getCause(), e.getCause());
        } finally {
            workers.shutdownNow();
        }
    }

    private List<String> files() throws IOException {
        try (Stream<Path> all = Files.walk(root)) {
            return all.filter(Files::isRegularFile)
                    .map(file -> root.relativize(file).toString().replace('\\', '/'))
                    .filter(path -> !ManifestBuilder.isHidden(path))
                    .sorted()
                    .toList();
        }
    }

    private void examine(String path) throws IOException {
        byte[] bytes = Files.readAllBytes(root.resolve(path));
        if (path.equals(ManifestBuilder.GROUPS)) {
            synchronized (manifest) {
                manifest.groups(bytes);
            }
            return;
        }
        try {
            decoder.decode(bytes);
        } catch (ScanstreamException e) {
            synchronized (manifest) {
                manifest.reject(path, e.code(), String.valueOf(e.getMessage()));
            }
            return;
        }
        String sha256 = Hashes.sha256(bytes);
        synchronized (manifest) {
            manifest.image(path, sha256, bytes.length);
        }
    }
}
