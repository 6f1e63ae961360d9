package io.scanstream.local.demo;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** A folder of class folders as one zip, the way users upload theirs. Hidden files stay at home. */
final class DatasetZip {

    /**
     * Packs a folder.
     *
     * @return how many files are in it
     * @throws ScanstreamException {@code INVALID_DATASET} if the folder holds none
     */
    static int write(Path folder, Path zip) throws IOException {
        List<Path> files;
        try (Stream<Path> all = Files.walk(folder)) {
            files = all.filter(Files::isRegularFile)
                    .filter(file -> isVisible(folder.relativize(file)))
                    .sorted()
                    .toList();
        }
        if (files.isEmpty()) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_DATASET,
                    folder + " holds no file. Expected images as train/<class>/<file> and test/<class>/<file>, or as"
                            + " <class>/<file>.");
        }
        try (OutputStream out = Files.newOutputStream(zip);
                ZipOutputStream entries = new ZipOutputStream(out)) {
            // Images are compressed already.
            entries.setLevel(Deflater.BEST_SPEED);
            for (Path file : files) {
                entries.putNextEntry(
                        new ZipEntry(folder.relativize(file).toString().replace('\\', '/')));
                Files.copy(file, entries);
                entries.closeEntry();
            }
        }
        return files.size();
    }

    private static boolean isVisible(Path relative) {
        for (Path part : relative) {
            if (part.toString().startsWith(".")) {
                return false;
            }
        }
        return true;
    }

    private DatasetZip() {}
}
