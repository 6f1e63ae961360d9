package io.scanstream.trainer.cache;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Hashes;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.storage.Blobs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.jboss.logging.Logger;

/**
 * Blobs as files, {@code <folder>/<first two hex digits>/<sha256>}, the least recently read given up first. Thread-safe;
 * several processes may share a folder, each bounding what it knows of. A file that is damaged or gone is fetched again, and
 * a disk that takes no more costs fetching, not the job.
 */
public final class BlobCache {
    private static final Logger LOG = Logger.getLogger(BlobCache.class);

    private final Blobs blobs;
    private final Path folder;
    private final long maxBytes;
    private final Map<String, Long> sizes = new LinkedHashMap<>(1024, 0.75f, true);
    private long totalBytes;
    private boolean diskRefused;

    private record Found(Path file, long sizeBytes, FileTime read) {}

    /**
     * Opens a cache; what is there from before counts.
     *
     * @param maxBytes of all files
     * @throws ScanstreamException {@code INVALID_REQUEST} if the folder cannot be used
     */
    public BlobCache(Blobs blobs, Path folder, long maxBytes) {
        this.blobs = blobs;
        this.folder = folder;
        this.maxBytes = maxBytes;
        try {
            Files.createDirectories(folder);
            for (Found found : files()) {
                sizes.put(found.file().getFileName().toString(), found.sizeBytes());
                totalBytes += found.sizeBytes();
            }
        } catch (IOException e) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST,
                    "scanstream.cache.dir: the folder " + folder + " cannot be used: " + e.getMessage(),
                    e);
        }
        shrink();
    }

    private List<Found> files() throws IOException {
        List<Found> found = new ArrayList<>();
        try (Stream<Path> all = Files.walk(folder, 2)) {
            for (Path file : all.filter(BlobCache::isBlob).toList()) {
                found.add(new Found(file, Files.size(file), Files.getLastModifiedTime(file)));
            }
        }
        found.sort(Comparator.comparing(Found::read));
        return found;
    }

    private static boolean isBlob(Path file) {
        return file.getFileName().toString().matches("[0-9a-f]{64}") && Files.isRegularFile(file);
    }

    /**
     * The bytes of a digest.
     *
     * @throws ScanstreamException as {@link Blobs#get}
     */
    public byte[] get(String sha256) {
        Optional<byte[]> kept = read(sha256);
        if (kept.isPresent()) {
            return kept.get();
        }
        byte[] bytes = blobs.get(sha256);
        keep(sha256, bytes);
        return bytes;
    }

    private Optional<byte[]> read(String sha256) {
        synchronized (this) {
            if (sizes.get(sha256) == null) {
                return Optional.empty();
            }
        }
        try {
            byte[] bytes = Files.readAllBytes(file(sha256));
            if (Hashes.sha256(bytes).equals(sha256)) {
                return Optional.of(bytes);
            }
            LOG.warnf("%s is damaged and fetched again", file(sha256));
        } catch (NoSuchFileException e) {
            LOG.debugf("%s was given up by another process", e.getMessage());
        } catch (IOException e) {
            LOG.warnf("%s cannot be read and is fetched again: %s", file(sha256), e.getMessage());
        }
        forget(sha256);
        return Optional.empty();
    }

    private void keep(String sha256, byte[] bytes) {
        Path file = file(sha256);
        Path part = file.resolveSibling(UUID.randomUUID() + ".part");
        try {
            Files.createDirectories(file.getParent());
            Files.write(part, bytes);
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            synchronized (this) {
                Long before = sizes.put(sha256, (long) bytes.length);
                totalBytes += bytes.length - (before == null ? 0 : before);
            }
            shrink();
        } catch (IOException e) {
            refused(part, e);
        }
    }

    private synchronized void refused(Path part, IOException e) {
        if (!diskRefused) {
            LOG.warnf("the cache in %s takes no more (%s): images are fetched each time", folder, e.getMessage());
            diskRefused = true;
        }
        part.toFile().delete();
    }

    private synchronized void shrink() {
        Iterator<Map.Entry<String, Long>> oldest = sizes.entrySet().iterator();
        while (totalBytes > maxBytes && oldest.hasNext()) {
            Map.Entry<String, Long> entry = oldest.next();
            totalBytes -= entry.getValue();
            oldest.remove();
            file(entry.getKey()).toFile().delete();
        }
    }

    private synchronized void forget(String sha256) {
        Long size = sizes.remove(sha256);
        if (size != null) {
            totalBytes -= size;
        }
    }

    private Path file(String sha256) {
        return folder.resolve(sha256.substring(0, 2)).resolve(sha256);
    }
}
