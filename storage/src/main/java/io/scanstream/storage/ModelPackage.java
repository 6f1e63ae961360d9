package io.scanstream.storage;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Hashes;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.model.Golden;
import io.scanstream.contracts.model.ModelCard;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A model package in a folder: {@code model.onnx}, {@code card.json}, {@code golden/}, {@code reference.json}, {@code
 * report.html}, {@code recipe.yaml} and {@code checksums}, the SHA-256 of every other file as {@code sha256sum} writes them. An instance is
 * one whose files all are what the checksums say; it does not run the model.
 *
 * <p>What a training leaves besides its model may lie in the same folder, but is no part of the package: {@link
 * #isBeside}. It is neither read nor published.
 */
public final class ModelPackage {
    public static final String MODEL = "model.onnx";
    public static final String CARD = "card.json";
    public static final String GOLDEN = "golden/golden.json";

    /** What the model answered when it was evaluated; packages from before this was kept have none. */
    public static final String REFERENCE = "reference.json";

    public static final String REPORT = "report.html";
    public static final String RECIPE = "recipe.yaml";
    public static final String CHECKSUMS = "checksums";

    /** Folder of what shows the data set's images, or names them. */
    public static final String PRIVATE = "private";

    /** Folder of the curves for TensorBoard. */
    public static final String TENSORBOARD = "tensorboard";

    /** Predictions for the unlabelled images. */
    public static final String SUBMISSION = "submission.csv";

    private final Path folder;
    private final ModelCard card;
    private final Golden golden;

    private ModelPackage(Path folder, ModelCard card, Golden golden) {
        this.folder = folder;
        this.card = card;
        this.golden = golden;
    }

    /** Writes the checksums of a folder that is complete but for them, and reads it back. */
    public static ModelPackage seal(Path folder) {
        StringBuilder lines = new StringBuilder();
        for (String file : files(folder)) {
            if (!file.equals(CHECKSUMS)) {
                lines.append(Hashes.sha256(bytes(folder, file)))
                        .append("  ")
                        .append(file)
                        .append('\n');
            }
        }
        try {
            Files.writeString(folder.resolve(CHECKSUMS), lines);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return read(folder);
    }

    /**
     * Reads a package and holds every file against its checksum.
     *
     * @throws ScanstreamException {@code MODEL_NOT_VERIFIED} naming the file that is missing, changed or not listed
     */
    public static ModelPackage read(Path folder) {
        Map<String, String> expected = new HashMap<>();
        for (String line : new String(bytes(folder, CHECKSUMS), StandardCharsets.UTF_8)
                .lines()
                .toList()) {
            int gap = line.indexOf("  ");
            if (gap != 64) {
                throw notVerified(folder, CHECKSUMS + " has a line that is no checksum: '" + line + "'");
            }
            expected.put(line.substring(gap + 2), line.substring(0, gap));
        }
        for (String required : List.of(MODEL, CARD, GOLDEN)) {
            if (!expected.containsKey(required)) {
                throw notVerified(folder, CHECKSUMS + " does not list " + required);
            }
        }
        for (String file : files(folder)) {
            if (!file.equals(CHECKSUMS) && !expected.containsKey(file)) {
                throw notVerified(folder, file + " is not listed in " + CHECKSUMS);
            }
        }
        expected.forEach((file, sha256) -> {
            if (!Hashes.sha256(bytes(folder, file)).equals(sha256)) {
                throw notVerified(folder, file + " is not what " + CHECKSUMS + " says: it was changed or damaged");
            }
        });
        try {
            return new ModelPackage(
                    folder,
                    Json.read(bytes(folder, CARD), ModelCard.class),
                    Json.read(bytes(folder, GOLDEN), Golden.class));
        } catch (ScanstreamException e) {
            throw new ScanstreamException(
                    ErrorCode.MODEL_NOT_VERIFIED, "model package " + folder + ": " + e.getMessage(), e);
        }
    }

    /** SHA-256 of {@code checksums}, in hex: it names the bytes of the whole package. */
    public String digest() {
        return Hashes.sha256(bytes(folder, CHECKSUMS));
    }

    public Path folder() {
        return folder;
    }

    public Path onnx() {
        return folder.resolve(MODEL);
    }

    public ModelCard card() {
        return card;
    }

    public Golden golden() {
        return golden;
    }

    /** The encoded bytes of a golden image. */
    public byte[] goldenImage(Golden.Case one) {
        return bytes(folder, "golden/" + one.file());
    }

    /** The encoded bytes of a golden image's mask, which only segmenters' have. */
    public byte[] goldenMask(Golden.Case one) {
        return bytes(folder, "golden/" + one.maskFile());
    }

    /**
     * Whether a file is a companion and no part of the package.
     *
     * @param file relative to the folder, with '/' between folders
     */
    public static boolean isBeside(String file) {
        return file.startsWith(PRIVATE + "/") || file.startsWith(TENSORBOARD + "/") || file.equals(SUBMISSION);
    }

    /** Every file of the package, relative to the folder, with '/' between folders, sorted. */
    static List<String> files(Path folder) {
        try (Stream<Path> all = Files.walk(folder)) {
            List<String> names = new ArrayList<>();
            all.filter(Files::isRegularFile)
                    .map(file -> folder.relativize(file).toString().replace('\\', '/'))
                    .filter(file -> !isBeside(file))
                    .sorted()
                    .forEach(names::add);
            return names;
        } catch (IOException e) {
            throw notVerified(folder, "cannot be read: " + e.getMessage());
        }
    }

    private static byte[] bytes(Path folder, String file) {
        Path path = folder.resolve(file).normalize();
        if (!path.startsWith(folder.normalize())) {
            throw notVerified(folder, "names a file outside the package: '" + file + "'");
        }
        try {
            return Files.readAllBytes(path);
        } catch (IOException e) {
            throw notVerified(folder, file + " is missing or cannot be read");
        }
    }

    private static ScanstreamException notVerified(Path folder, String what) {
        return new ScanstreamException(ErrorCode.MODEL_NOT_VERIFIED, "model package " + folder + ": " + what + ".");
    }
}
