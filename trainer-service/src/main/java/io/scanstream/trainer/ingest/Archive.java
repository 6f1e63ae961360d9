package io.scanstream.trainer.ingest;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Enumeration;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.jspecify.annotations.Nullable;

/**
 * Reads a zip, a tar or a tar.gz, told apart by content. Nothing is written to disk by the names in it; an archive whose
 * names point outside of it is refused all the same, because whoever made it meant no good. Sizes are counted as they are
 * unpacked: what an archive says of itself is not believed.
 */
final class Archive {
    private static final int CHUNK = 64 << 10;

    /** Takes one file. */
    interface Visitor {
        /** How much of a file is wanted at most; what is behind it is unpacked and counted, but not kept. */
        int wantedBytes(String path);

        /**
         * Called for every file that is not hidden, in the archive's order.
         *
         * @param path with '/' between folders, as in the archive
         * @param bytes the file, or its first bytes if it is longer than the visitor wants
         * @param sizeBytes of the whole file
         */
        void file(String path, byte[] bytes, long sizeBytes);

        /** Called for files that are nobody's data: hidden ones, and what desktops leave behind. */
        void hidden(String path);
    }

    private final IngestLimits limits;
    private final Visitor visitor;
    private final long packedBytes;
    private long unpackedBytes;
    private int files;

    private Archive(IngestLimits limits, Visitor visitor, long packedBytes) {
        this.limits = limits;
        this.visitor = visitor;
        this.packedBytes = packedBytes;
    }

    /**
     * Reads every file.
     *
     * @throws ScanstreamException {@code INVALID_DATASET} if it is no archive, damaged, or has names that point outside;
     *     {@code TOO_LARGE} above the limits
     */
    static void read(Path archive, IngestLimits limits, Visitor visitor) throws IOException {
        Archive reading = new Archive(limits, visitor, Files.size(archive));
        byte[] head;
        try (InputStream in = Files.newInputStream(archive)) {
            head = in.readNBytes(512);
        }
        if (starts(head, 'P', 'K')) {
            reading.zip(archive);
        } else if (starts(head, 0x1f, 0x8b)) {
            try (InputStream in = new GZIPInputStream(Files.newInputStream(archive), CHUNK)) {
                reading.tar(in);
            }
        } else if (isTar(head)) {
            try (InputStream in = new BufferedInputStream(Files.newInputStream(archive), CHUNK)) {
                reading.tar(in);
            }
        } else {
            throw invalid("it is neither a zip nor a tar nor a tar.gz by its first bytes", null);
        }
    }

    private void zip(Path archive) throws IOException {
        try (ZipFile zip = new ZipFile(archive.toFile(), StandardCharsets.UTF_8)) {
            limits.checkFiles(zip.size());
            Enumeration<? extends ZipEntry> entries = zip.entries();
            while (entries.hasMoreElements()) {
                ZipEntry entry = entries.nextElement();
                if (!entry.isDirectory()) {
                    try (CheckedInputStream in = new CheckedInputStream(zip.getInputStream(entry), new CRC32())) {
                        file(entry.getName(), in);
                        // ZipFile itself does not look.
                        if (entry.getCrc() >= 0 && in.getChecksum().getValue() != entry.getCrc()) {
                            throw new ZipException("the checksum of " + entry.getName() + " is wrong");
                        }
                    }
                }
            }
        } catch (ZipException | IllegalArgumentException e) {
            // IllegalArgumentException: a name that is not UTF-8.
            throw invalid("the zip is damaged (" + e.getMessage() + ")", e);
        }
    }

    private void tar(InputStream in) throws IOException {
        TarArchiveInputStream tar = new TarArchiveInputStream(in, StandardCharsets.UTF_8.name());
        try {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                if (entry.isFile() && !entry.isLink() && !entry.isSymbolicLink()) {
                    file(entry.getName(), tar);
                } else if (!entry.isDirectory()) {
                    count();
                    visitor.hidden(requireInside(entry.getName()));
                }
            }
            // What is behind the last entry is padding; a gzip's checksum comes at its very end.
            byte[] chunk = new byte[CHUNK];
            for (int read = in.read(chunk); read >= 0; read = in.read(chunk)) {
                count(read);
            }
        } catch (ScanstreamException e) {
            throw e;
        } catch (IOException | IllegalArgumentException e) {
            throw invalid("the tar is damaged (" + e.getMessage() + ")", e);
        }
    }

    private void file(String name, InputStream in) throws IOException {
        count();
        String path = requireInside(name);
        boolean hidden = ManifestBuilder.isHidden(path);
        byte[] bytes = counted(in.readNBytes(hidden ? 0 : visitor.wantedBytes(path)));
        long size = bytes.length;
        byte[] chunk = new byte[CHUNK];
        for (int read = in.read(chunk); read >= 0; read = in.read(chunk)) {
            size += read;
            count(read);
        }
        if (hidden) {
            visitor.hidden(path);
        } else {
            visitor.file(path, bytes, size);
        }
    }

    private void count() {
        limits.checkFiles(++files);
    }

    private byte[] counted(byte[] bytes) {
        count(bytes.length);
        return bytes;
    }

    private void count(int bytes) {
        unpackedBytes += bytes;
        limits.checkUnpacked(unpackedBytes, packedBytes);
    }

    private static String requireInside(String name) {
        String path = name.replace('\\', '/');
        while (path.startsWith("./")) {
            path = path.substring(2);
        }
        boolean drive = path.length() > 1 && path.charAt(1) == ':' && Character.isLetter(path.charAt(0));
        boolean outside = path.startsWith("/") || drive || path.indexOf('\0') >= 0;
        for (String part : path.split("/", -1)) {
            outside |= part.equals("..");
        }
        if (outside || path.isEmpty()) {
            throw invalid("it has a file whose name points outside of it: '" + name + "'", null);
        }
        return path;
    }

    private static boolean isTar(byte[] head) {
        return head.length == 512 && starts(Arrays.copyOfRange(head, 257, 262), 'u', 's', 't', 'a', 'r');
    }

    private static boolean starts(byte[] bytes, int... signature) {
        for (int i = 0; i < signature.length; i++) {
            if (bytes.length <= i || (bytes[i] & 0xff) != signature[i]) {
                return false;
            }
        }
        return true;
    }

    private static ScanstreamException invalid(String what, @Nullable Exception cause) {
        return new ScanstreamException(
                ErrorCode.INVALID_DATASET,
                "the upload cannot be read: " + what + ". Send a zip or a tar.gz of the data set's folder.",
                cause);
    }
}
