package io.scanstream.trainer.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.trainer.TinyImages;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ArchiveTest {
    private static final IngestLimits LIMITS = new IngestLimits(1L << 30, 100, 1L << 30, 100);
    private static final int WANTED = 1000;

    @TempDir
    Path folder;

    private final Map<String, String> files = new TreeMap<>();
    private final List<String> hidden = new ArrayList<>();

    private void read(byte[] archive, IngestLimits limits) throws IOException {
        Path file = Files.write(folder.resolve("upload"), archive);
        Archive.read(file, limits, new Archive.Visitor() {
            @Override
            public int wantedBytes(String path) {
                return WANTED;
            }

            @Override
            public void file(String path, byte[] bytes, long sizeBytes) {
                files.put(path, sizeBytes + ":" + new String(bytes, StandardCharsets.UTF_8));
            }

            @Override
            public void hidden(String path) {
                hidden.add(path);
            }
        });
    }

    private void refused(byte[] archive, IngestLimits limits, ErrorCode code, String... says) {
        assertThatThrownBy(() -> read(archive, limits))
                .isInstanceOfSatisfying(
                        ScanstreamException.class, e -> assertThat(e.code()).isEqualTo(code))
                .hasMessageContainingAll(says);
    }

    private static Map<String, byte[]> contents() {
        Map<String, byte[]> contents = new TreeMap<>();
        contents.put("root/a/1.png", "one".getBytes(StandardCharsets.UTF_8));
        contents.put("./root/b/ä.png", "two".getBytes(StandardCharsets.UTF_8));
        contents.put("__MACOSX/root/a/._1.png", new byte[] {1});
        contents.put("root/.DS_Store", new byte[] {2});
        contents.put("root/a/Thumbs.db", new byte[] {3});
        return contents;
    }

    private static byte[] tar(Map<String, byte[]> contents) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes, StandardCharsets.UTF_8.name())) {
            tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
            for (Map.Entry<String, byte[]> file : contents.entrySet()) {
                TarArchiveEntry entry = new TarArchiveEntry(file.getKey(), true);
                entry.setSize(file.getValue().length);
                tar.putArchiveEntry(entry);
                tar.write(file.getValue());
                tar.closeArchiveEntry();
            }
            TarArchiveEntry link = new TarArchiveEntry("root/a/link.png", TarConstants.LF_SYMLINK);
            link.setLinkName("/etc/passwd");
            tar.putArchiveEntry(link);
            tar.closeArchiveEntry();
        }
        return bytes.toByteArray();
    }

    private static byte[] gzip(byte[] bytes) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (OutputStream gzip = new GZIPOutputStream(packed)) {
            gzip.write(bytes);
        }
        return packed.toByteArray();
    }

    private void holdsTheTwoFiles() {
        assertThat(files).containsOnly(Map.entry("root/a/1.png", "3:one"), Map.entry("root/b/ä.png", "3:two"));
        assertThat(hidden).contains("__MACOSX/root/a/._1.png", "root/.DS_Store", "root/a/Thumbs.db");
    }

    @Test
    void readsAZip() throws IOException {
        read(TinyImages.zip(contents()), LIMITS);
        holdsTheTwoFiles();
    }

    @Test
    void readsATar() throws IOException {
        read(tar(contents()), LIMITS);
        holdsTheTwoFiles();
        assertThat(hidden).as("links are not followed").contains("root/a/link.png");
    }

    @Test
    void readsATarGz() throws IOException {
        read(gzip(tar(contents())), LIMITS);
        holdsTheTwoFiles();
    }

    @Test
    void keepsOnlyTheWantedBytesOfAFileAndItsSize() throws IOException {
        byte[] large = new byte[WANTED * 3];
        Arrays.fill(large, (byte) 'x');
        read(TinyImages.zip(Map.of("a/large", large)), LIMITS);
        assertThat(files.get("a/large")).isEqualTo(WANTED * 3 + ":" + "x".repeat(WANTED));
    }

    @ParameterizedTest
    @ValueSource(strings = {"../evil.png", "a/../../evil.png", "/etc/evil.png", "C:\\evil.png", "a\\..\\..\\evil.png"})
    void refusesNamesThatPointOutside(String name) throws IOException {
        byte[] content = {1};
        refused(TinyImages.zip(Map.of(name, content)), LIMITS, ErrorCode.INVALID_DATASET, "points outside");
        refused(tar(Map.of(name, content)), LIMITS, ErrorCode.INVALID_DATASET, "points outside");
    }

    @Test
    void refusesABomb() throws IOException {
        byte[] zeros = new byte[70 << 20];
        refused(TinyImages.zip(Map.of("a/zeros", zeros)), LIMITS, ErrorCode.TOO_LARGE, "bomb");
        refused(gzip(tar(Map.of("a/zeros", zeros))), LIMITS, ErrorCode.TOO_LARGE, "bomb");
        refused(TinyImages.zip(Map.of(".hidden", zeros)), LIMITS, ErrorCode.TOO_LARGE, "bomb");
    }

    @Test
    void refusesMoreThanItsLimits() throws IOException {
        IngestLimits oneFile = new IngestLimits(1L << 30, 1, 1L << 30, 100);
        refused(TinyImages.zip(contents()), oneFile, ErrorCode.TOO_LARGE, "more than 1 files");
        refused(tar(contents()), oneFile, ErrorCode.TOO_LARGE, "more than 1 files");
        IngestLimits fiveBytes = new IngestLimits(1L << 30, 100, 5, 100);
        refused(tar(contents()), fiveBytes, ErrorCode.TOO_LARGE, "more than 5 bytes");
    }

    @Test
    void refusesWhatIsNoArchive() {
        refused("just text".getBytes(StandardCharsets.UTF_8), LIMITS, ErrorCode.INVALID_DATASET, "neither a zip");
        refused(new byte[0], LIMITS, ErrorCode.INVALID_DATASET, "neither a zip");
    }

    @Test
    void refusesArchivesThatAreCutShort() throws IOException {
        byte[] zip = TinyImages.zip(contents());
        refused(Arrays.copyOf(zip, zip.length / 2), LIMITS, ErrorCode.INVALID_DATASET, "damaged");
        byte[] random = new byte[100_000];
        new Random(1).nextBytes(random);
        byte[] gz = gzip(tar(Map.of("a/random", random)));
        refused(Arrays.copyOf(gz, gz.length / 2), LIMITS, ErrorCode.INVALID_DATASET, "damaged");
    }

    @Test
    void refusesArchivesWhoseChecksumsAreWrong() throws IOException {
        byte[] random = new byte[100_000];
        new Random(1).nextBytes(random);
        for (byte[] archive :
                List.of(gzip(tar(Map.of("a/random", random))), TinyImages.zip(Map.of("a/random", random)))) {
            archive[archive.length / 2] ^= 0x55;
            refused(archive, LIMITS, ErrorCode.INVALID_DATASET, "damaged");
        }
    }
}
