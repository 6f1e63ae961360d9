package io.scanstream.trainer;

import io.scanstream.contracts.Hashes;
import io.scanstream.contracts.dataset.DatasetVersion;
import io.scanstream.contracts.dataset.Manifest;
import io.scanstream.contracts.dataset.Split;
import io.scanstream.contracts.recipe.Recipe;
import io.scanstream.contracts.recipe.RecipeReader;
import io.scanstream.imaging.PngWriter;
import io.scanstream.trainer.data.TrainingData;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;

/** Small drawn scans, whose class shows in their stripes: noise, wide stripes, narrow ones. And recipes for them. */
public final class TestScans {
    private final Map<String, byte[]> files = new HashMap<>();
    private final List<Manifest.Entry> entries = new ArrayList<>();
    private final List<String> classes;
    private final int sidePx;
    private final SplittableRandom random = new SplittableRandom(11);

    public TestScans(int sidePx, String... classes) {
        this.sidePx = sidePx;
        this.classes = List.of(classes);
    }

    /** Adds so many scans of every class. */
    public TestScans with(Split split, int perClass) {
        for (int k = 0; k < classes.size(); k++) {
            for (int i = 0; i < perClass; i++) {
                String path = split.name().toLowerCase(Locale.ROOT) + "/" + classes.get(k) + "/" + i + ".png";
                byte[] png = PngWriter.encode(draw(k), sidePx, sidePx, 3);
                files.put(path, png);
                entries.add(new Manifest.Entry(
                        path, Hashes.sha256(png), png.length, classes.get(k), split, null, null, null));
            }
        }
        return this;
    }

    /** What a table says of the scans so far, one value after the other, again and again. */
    public TestScans withColumn(String column, List<String> values) {
        for (int i = 0; i < entries.size(); i++) {
            Manifest.Entry entry = entries.get(i);
            Map<String, String> columns = new HashMap<>(entry.columns());
            columns.put(column, values.get(i % values.size()));
            entries.set(
                    i,
                    new Manifest.Entry(
                            entry.path(),
                            entry.sha256(),
                            entry.sizeBytes(),
                            entry.label(),
                            entry.split(),
                            entry.subject(),
                            entry.group(),
                            entry.duplicateOf(),
                            entry.mask(),
                            entry.likeness(),
                            columns));
        }
        return this;
    }

    /** Adds so many scans of every class that do not say so, but in their names. */
    public TestScans withUnlabelled(int perClass) {
        for (int k = 0; k < classes.size(); k++) {
            for (int i = 0; i < perClass; i++) {
                String path = "unlabelled/" + classes.get(k) + i + ".png";
                byte[] png = PngWriter.encode(draw(k), sidePx, sidePx, 3);
                files.put(path, png);
                entries.add(new Manifest.Entry(
                        path,
                        Hashes.sha256(png),
                        png.length,
                        null,
                        Split.UNLABELLED,
                        null,
                        null,
                        null,
                        null,
                        null,
                        Map.of()));
            }
        }
        return this;
    }

    private byte[] draw(int k) {
        byte[] pixels = new byte[sidePx * sidePx * 3];
        double phase = random.nextDouble() * 7;
        for (int i = 0; i < pixels.length; i++) {
            int x = i / 3 % sidePx;
            double stripes = k == 0 ? 0 : 50 * Math.sin(phase + x * (k == 1 ? 0.5 : 1.6));
            pixels[i] = (byte) (int) (120 + stripes + random.nextDouble() * 40);
        }
        return pixels;
    }

    /** Adds so many scans that are bright where their mask, left half or right half, has the value 200, else 10. */
    public TestScans withMasks(Split split, int count) {
        for (int i = 0; i < count; i++) {
            byte[] pixels = new byte[sidePx * sidePx * 3];
            byte[] mask = new byte[sidePx * sidePx];
            for (int p = 0; p < mask.length; p++) {
                boolean left = p % sidePx < sidePx / 2;
                boolean inside = left == (i % 2 == 0);
                mask[p] = (byte) (inside ? 200 : 10);
                Arrays.fill(pixels, 3 * p, 3 * p + 3, (byte) (int) ((inside ? 180 : 60) + random.nextDouble() * 20));
            }
            String folder = split.name().toLowerCase(Locale.ROOT);
            byte[] image = PngWriter.encode(pixels, sidePx, sidePx, 3);
            byte[] drawn = PngWriter.encode(mask, sidePx, sidePx, 1);
            Manifest.Mask of = new Manifest.Mask(folder + "/masks/" + i + ".png", Hashes.sha256(drawn));
            String path = folder + "/images/" + i + ".png";
            files.put(path, image);
            files.put(of.path(), drawn);
            entries.add(new Manifest.Entry(
                    path, Hashes.sha256(image), image.length, null, split, null, null, null, of, null, Map.of()));
        }
        return this;
    }

    public Manifest manifest() {
        boolean masks = entries.stream().anyMatch(entry -> entry.mask() != null);
        return new Manifest(
                new DatasetVersion("drawn", 1),
                classes.stream().sorted().toList(),
                masks ? List.of(10, 200) : List.of(),
                entries,
                List.of(),
                List.of(),
                Instant.EPOCH);
    }

    /** Every image and every mask. */
    public Collection<byte[]> blobs() {
        return files.values();
    }

    /** The bytes of an image or a mask. */
    public byte[] blob(String sha256) {
        return files.values().stream()
                .filter(bytes -> Hashes.sha256(bytes).equals(sha256))
                .findFirst()
                .orElseThrow();
    }

    public TrainingData data(Recipe recipe) {
        return new TrainingData(recipe, manifest(), (path, sha256) -> {
            byte[] bytes = files.get(path);
            if (bytes == null) {
                throw new IOException("no " + path);
            }
            return bytes;
        });
    }

    /** Writes the scans below a folder, as class folders. */
    public void writeTo(Path folder) {
        files.forEach((path, bytes) -> {
            try {
                Path file = folder.resolve(path);
                Files.createDirectories(file.getParent());
                Files.write(file, bytes);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    /** A recipe for a network of two convolutions with batch norm and dropout, with some fields replaced. */
    public static Recipe recipe(int sidePx, Map<String, String> replaced) {
        return RecipeReader.read(yaml(sidePx).getBytes(StandardCharsets.UTF_8), replaced);
    }

    public static String yaml(int sidePx) {
        return """
                name: drawn
                about: A test.
                data: {widthPx: %1$d, heightPx: %1$d}
                network:
                  layers:
                    - {type: conv, out: 8, padding: 1, bias: false}
                    - {type: batchNorm}
                    - {type: relu}
                    - {type: maxPool}
                    - {type: conv, out: 16, padding: 1}
                    - {type: batchNorm}
                    - {type: relu}
                    - {type: adaptiveAveragePool}
                    - {type: flatten}
                    - {type: dropout, rate: 0.1}
                    - {type: linear}
                augmentation:
                  - {type: verticalFlip}
                  - {type: randomCrop, paddingPx: 2}
                optimizer: {type: sgd, learningRate: 0.05, momentum: 0.9}
                schedule: {type: cosine, warmupEpochs: 1}
                training: {epochs: 4, batchSize: 8}
                """.formatted(sidePx);
    }
}
