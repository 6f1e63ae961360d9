package io.scanstream.trainer.ingest;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Hashes;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.dataset.DatasetVersion;
import io.scanstream.contracts.dataset.Manifest;
import io.scanstream.imaging.DecodeLimits;
import io.scanstream.imaging.ImageDecoder;
import io.scanstream.trainer.data.TrainingData;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * Reads a folder on this machine as {@link IngestWork} reads an upload. Every file is decoded once; one that is no image is
 * listed with its reason. Hidden files and folders are passed over.
 */
public final class FolderIngest {

    /** Hears how many files have been read, now and then. */
    @FunctionalInterface
    public interface Listener {
        void read(int files, int rejected);
    }

    /**
     * A folder as a data set.
     *
     * @param bytes reads the images and masks that the manifest names
     */
    public record LocalDataset(Manifest manifest, TrainingData.Bytes bytes) {}

    /**
     * Reads a folder, decoding on all cores.
     *
     * @throws ScanstreamException {@code INVALID_DATASET} when there is no such folder, or {@link ManifestBuilder} makes no
     *     data set of it
     */
    public static LocalDataset open(Path root, DatasetVersion dataset, Listener listener) throws IOException {
        if (!Files.isDirectory(root)) {
            throw new ScanstreamException(ErrorCode.INVALID_DATASET, "data: no folder " + root + ".");
        }
        ManifestBuilder builder = new ManifestBuilder();
        MadeImages made = new MadeImages();
        try (Examination examination = new Examination(
                builder,
                new ImageDecoder(DecodeLimits.defaults()),
                made,
                images -> {},
                FolderIngest::requireNoInterrupt)) {
            examination.everyFewSeconds(listener::read);
            for (String path : files(root)) {
                Path file = root.resolve(path);
                int wanted = examination.wantedBytes(path);
                try (InputStream in = Files.newInputStream(file)) {
                    examination.file(path, in.readNBytes(wanted), Files.size(file));
                }
            }
            examination.complete();
            listener.read(examination.files(), builder.rejections());
        }
        Manifest manifest = builder.build(dataset, Instant.now());
        return new LocalDataset(manifest, (path, sha256) -> {
            byte[] png = made.bySha256.get(sha256);
            return png != null ? png : Files.readAllBytes(root.resolve(path));
        });
    }

    /** The manifest alone. */
    public static Manifest read(Path root, DatasetVersion dataset, Listener listener) throws IOException {
        return open(root, dataset, listener).manifest();
    }

    private static void requireNoInterrupt() {
        if (Thread.currentThread().isInterrupted()) {
            throw new ScanstreamException(ErrorCode.CANCELLED, "the thread that reads the data was interrupted.");
        }
    }

    private static List<String> files(Path root) throws IOException {
        try (Stream<Path> all = Files.walk(root)) {
            return all.filter(Files::isRegularFile)
                    .map(file -> root.relativize(file).toString().replace('\\', '/'))
                    .filter(path -> !ManifestBuilder.isHidden(path))
                    .sorted()
                    .toList();
        }
    }

    /** Files stay where they are; what was made from parts of them is held in memory. */
    private static final class MadeImages implements Examination.Keeper {
        private final Map<String, byte[]> bySha256 = new ConcurrentHashMap<>();

        @Override
        public String file(byte[] bytes) {
            return Hashes.sha256(bytes);
        }

        @Override
        public String made(byte[] png) {
            String sha256 = Hashes.sha256(png);
            bySha256.putIfAbsent(sha256, png);
            return sha256;
        }
    }
}
