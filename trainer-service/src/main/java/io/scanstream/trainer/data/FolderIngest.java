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
import org.jspecify.annotations.Nullable;

/**
 * Reads a folder of class folders into a manifest, by the rules of {@link ManifestBuilder}: the same manifest that an upload
 * of it gives. Every file is decoded once; one that is no image is listed with its reason. Hidden files and folders are
 * passed over.
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
     * @throws ScanstreamException {@code INVALID_DATASET} when there is no such folder, or it holds no two classes of
     *     usable images
     */
    public static Manifest read(Path root, DatasetVersion dataset, Listener listener) throws IOException {
        if (!Files.isDirectory(root)) {
            throw new ScanstreamException(ErrorCode.INVALID_DATASET, "data: no folder " + root + ".");
        }
        FolderIngest reading = new FolderIngest(root, listener);
        Path groups = root.resolve(ManifestBuilder.GROUPS);
        if (Files.isRegularFile(groups)) {
            reading.manifest.groups(Files.readAllBytes(groups));
        }
        reading.examine(reading.files());
        return reading.manifest.build(dataset, Instant.now());
    }

    /** A file that was decoded, or the reason why it was not. */
    private record Examined(
            String path,
            String sha256,
            long sizeBytes,
            @Nullable ScanstreamException refused) {}

    private List<String> files() throws IOException {
        try (Stream<Path> all = Files.walk(root)) {
            return all.filter(Files::isRegularFile)
                    .map(file -> root.relativize(file).toString().replace('\\', '/'))
                    .filter(path -> !ManifestBuilder.isHidden(path))
                    .filter(path -> !path.equals(ManifestBuilder.GROUPS))
                    .sorted()
                    .toList();
        }
    }

    private void examine(List<String> paths) {
        ExecutorService workers =
                Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors());
        try {
            List<Future<Examined>> pending = new ArrayList<>();
            paths.forEach(path -> pending.add(workers.submit(() -> examine(path))));
            int files = 0;
            for (Future<Examined> future : pending) {
                add(future.get());
                if (++files % 50 == 0 || files == paths.size()) {
                    listener.read(files, manifest.rejections());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ScanstreamException(
                    ErrorCode.CANCELLED, "the thread that reads " + root + " was interrupted.", e);
        } catch (ExecutionException e) {
            throw new ScanstreamException(ErrorCode.INTERNAL, "reading " + root + ": " + e.getCause(), e.getCause());
        } finally {
            workers.shutdownNow();
        }
    }

    private Examined examine(String path) throws IOException {
        byte[] bytes = Files.readAllBytes(root.resolve(path));
        ScanstreamException refused = null;
        try {
            decoder.decode(bytes);
        } catch (ScanstreamException e) {
            refused = e;
        }
        return new Examined(path, Hashes.sha256(bytes), bytes.length, refused);
    }

    private void add(Examined file) {
        if (file.refused() == null) {
            manifest.image(file.path(), file.sha256(), file.sizeBytes());
        } else {
            manifest.reject(
                    file.path(),
                    file.refused().code(),
                    String.valueOf(file.refused().getMessage()));
        }
    }
}
