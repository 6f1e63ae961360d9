package io.scanstream.bench.scoring;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.scanstream.contracts.Json;
import io.scanstream.storage.ModelPackage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Copies of a package under other versions. */
final class Republished {
    private final ModelPackage pack;
    private final Path folder;
    private int copies;

    Republished(ModelPackage pack, Path folder) {
        this.pack = pack;
        this.folder = folder;
    }

    /** The next one, newer than all before. */
    ModelPackage next() throws IOException {
        copies++;
        Path copy = folder.resolve("version-" + copies);
        try (Stream<Path> files = Files.walk(pack.folder())) {
            for (Path file : files.toList()) {
                Path target = copy.resolve(pack.folder().relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(file, target);
                }
            }
        }
        Path card = copy.resolve(ModelPackage.CARD);
        ObjectNode changed = (ObjectNode) Json.read(Files.readAllBytes(card), JsonNode.class);
        changed.put("version", "%s-%04d".formatted(pack.card().version(), copies));
        Files.write(card, Json.bytes(changed));
        return ModelPackage.seal(copy);
    }
}
