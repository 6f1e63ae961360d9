package io.scanstream.trainer.cache;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.UUID;
import java.util.stream.Stream;
import org.jboss.logging.Logger;

/**
 * A folder for this process's work under way, beside those of others. It is held by a lock on a file next to it, which the
 * operating system lets go when the process dies, however it dies: whoever comes next clears what dead ones have left.
 */
public final class WorkFolder {
    private static final Logger LOG = Logger.getLogger(WorkFolder.class);
    private static final String LOCK = ".lock";

    private final Path folder;
    /** Held until the process ends. */
    private final FileLock lock;

    private WorkFolder(Path folder, FileLock lock) {
        this.folder = folder;
        this.lock = lock;
    }

    /**
     * Makes a folder below the given one, and deletes those whose processes are gone.
     *
     * @throws ScanstreamException {@code INVALID_REQUEST} if that cannot be done there
     */
    public static WorkFolder open(Path root) {
        try {
            Files.createDirectories(root);
            clear(root);
            String name = UUID.randomUUID().toString();
            FileLock lock = channel(root.resolve(name + LOCK)).lock();
            return new WorkFolder(Files.createDirectory(root.resolve(name)), lock);
        } catch (IOException e) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST,
                    "scanstream.cache.dir: no work folder can be made in " + root + ": " + e.getMessage(),
                    e);
        }
    }

    public Path path() {
        return folder;
    }

    /** Whether it is held, as it is while the process lives. */
    boolean held() {
        return lock.isValid();
    }

    private static FileChannel channel(Path lock) throws IOException {
        return FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    }

    private static void clear(Path root) throws IOException {
        try (DirectoryStream<Path> locks = Files.newDirectoryStream(root, "*" + LOCK)) {
            for (Path lock : locks) {
                clearIfFree(root, lock);
            }
        }
    }

    private static void clearIfFree(Path root, Path lock) throws IOException {
        try (FileChannel channel = channel(lock);
                FileLock free = channel.tryLock()) {
            if (free == null) {
                return;
            }
            String file = lock.getFileName().toString();
            Path left = root.resolve(file.substring(0, file.length() - LOCK.length()));
            if (Files.isDirectory(left)) {
                if (!isEmpty(left)) {
                    LOG.infof("%s was left by a process that died; deleted", left);
                }
                delete(left);
            }
            Files.delete(lock);
        } catch (OverlappingFileLockException e) {
            // Another one of this very process.
            LOG.debugf("%s is in use", lock);
        }
    }

    /** As one that stopped leaves it. */
    private static boolean isEmpty(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.findAny().isEmpty();
        }
    }

    /** Deletes a folder with everything in it. */
    public static void delete(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
