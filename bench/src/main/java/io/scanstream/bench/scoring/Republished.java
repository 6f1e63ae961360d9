package io.scanstream.bench.scoring;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.scanstream.contracts.Json;
import io.scanstream.storage.ModelPackage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.stream.Stream;

/** Copies of a package under other versions, with the same scores but another model file. */
final class Republished {
    /** The field's number in {@code onnx.proto}, and how protocol buffers write a text. */
    private static final byte DOC_STRING = 6;

    private static final byte LENGTH_DELIMITED = 2;

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
        Files.write(copy.resolve(ModelPackage.MODEL), docString(copies), StandardOpenOption.APPEND);
        return ModelPackage.seal(copy);
    }

    /**
     * A field that may follow all others of an ONNX model, {@code doc_string}: so that no cache along the way, ONNX Runtime's
     * included, takes two versions for one. Always of the same size, as the file of a model that was trained again is.
     */
    private static byte[] docString(int number) {
        byte[] text = "%08d".formatted(number).getBytes(StandardCharsets.US_ASCII);
        byte[] field = new byte[2 + text.length];
        field[0] = DOC_STRING << 3 | LENGTH_DELIMITED;
        field[1] = (byte) text.length;
        System.arraycopy(text, 0, field, 2, text.length);
        return field;
    }
}
