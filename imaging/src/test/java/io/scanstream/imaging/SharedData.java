package io.scanstream.imaging;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Real images, which are not in the repository: {@code ../shared/data}, or where SCANSTREAM_DATA says. */
final class SharedData {
    private SharedData() {}

    /** A folder of it; the test is skipped, visibly, where it is not there. */
    static Path folder(String name) {
        String chosen = System.getenv("SCANSTREAM_DATA");
        Path root = chosen != null
                ? Path.of(chosen)
                : Path.of(System.getProperty("scanstream.root", ".")).resolve("../shared/data");
        Path folder = root.resolve(name).normalize();
        assumeTrue(Files.isDirectory(folder), "skipped: " + folder + " is not on this machine");
        return folder;
    }

    /** At most {@code most} files of a folder and those below, evenly chosen in the order of their names. */
    static List<Path> files(Path folder, String nameEnd, int most) {
        try (Stream<Path> all = Files.walk(folder)) {
            List<Path> sorted = all.filter(Files::isRegularFile)
                    .filter(file -> file.toString().endsWith(nameEnd))
                    .sorted()
                    .toList();
            int count = Math.min(most, sorted.size());
            return Stream.iterate(0, i -> i + 1)
                    .limit(count)
                    .map(i -> sorted.get((int) ((long) i * sorted.size() / count)))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static byte[] read(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
