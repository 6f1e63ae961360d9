package io.scanstream.local.home;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** Small text files that a reader sees whole or not at all. */
public final class AtomicFile {
    private AtomicFile() {}

    /**
     * Replaces a file's text, readable by its owner only: these files hold ports and secrets.
     *
     * @throws UncheckedIOException if the folder cannot be written
     */
    public static void write(Path file, String text) {
        Path folder = file.toAbsolutePath().normalize().getParent();
        if (folder == null) {
            throw new IllegalArgumentException("Expected a file inside a folder, got " + file + ".");
        }
        try {
            Files.createDirectories(folder);
            Path written = Files.createTempFile(folder, ".writing", null, ownerOnly(folder));
            try {
                Files.writeString(written, text, StandardCharsets.UTF_8);
                Files.move(written, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(written);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot write " + file + ": is its folder writable, is the disk full?", e);
        }
    }

    private static FileAttribute<?>[] ownerOnly(Path folder) {
        Set<String> views = folder.getFileSystem().supportedFileAttributeViews();
        return views.contains("posix")
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
                }
                : new FileAttribute<?>[0];
    }
}
