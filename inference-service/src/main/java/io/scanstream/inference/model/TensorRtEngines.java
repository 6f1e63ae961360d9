package io.scanstream.inference.model;

import io.scanstream.contracts.Hashes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The engines that TensorRT has built, which takes minutes, below a folder: each model file has a folder of its own, named
 * after its content. ONNX Runtime names an engine after the names in the graph and not after its weights
 * ({@code TRTGenerateId}), so that in one folder a new version would be given the engine of the one before.
 */
final class TensorRtEngines {
    private static final Logger LOG = LoggerFactory.getLogger(TensorRtEngines.class);

    private static final Duration KEPT = Duration.ofDays(30);
    private static final int NAME = 32;

    private final Path folder;

    TensorRtEngines(Path folder) {
        this.folder = folder;
    }

    /** Where the engines of a model file lie or will; those of models that nobody has opened for 30 days are deleted. */
    Path of(Path onnx) throws IOException {
        Path own = folder.resolve(Hashes.sha256(Files.readAllBytes(onnx)).substring(0, NAME));
        Files.createDirectories(own);
        Files.setLastModifiedTime(own, FileTime.from(Instant.now()));
        try (Stream<Path> all = Files.list(folder)) {
            for (Path one : all.toList()) {
                if (Files.getLastModifiedTime(one)
                        .toInstant()
                        .isBefore(Instant.now().minus(KEPT))) {
                    delete(one);
                }
            }
        }
        return own;
    }

    private static void delete(Path engines) {
        try (Stream<Path> files = Files.list(engines)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
            Files.delete(engines);
        } catch (IOException e) {
            LOG.warn("{} could not be deleted.", engines, e);
        }
    }
}
