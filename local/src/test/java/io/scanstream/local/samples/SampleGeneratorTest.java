package io.scanstream.local.samples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.scanstream.contracts.ScanstreamException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SampleGeneratorTest {
    @TempDir
    Path folder;

    @Test
    void writesTheAskedNumberOfPatchesForEachClass() throws IOException {
        SampleGenerator.write(new SampleSet(10, 4, 32, 1), folder);

        Map<String, Long> counts = files(folder).keySet().stream()
                .collect(
                        Collectors.groupingBy(name -> name.substring(0, name.lastIndexOf('/')), Collectors.counting()));
        assertThat(counts)
                .isEqualTo(Map.of(
                        "test/benign", 1L,
                        "test/cancer", 1L,
                        "test/normal", 2L,
                        "train/benign", 3L,
                        "train/cancer", 3L,
                        "train/normal", 4L));
    }

    @Test
    void drawsTheSameBytesFromTheSeedOnEveryJdk() throws Exception {
        SampleGenerator.write(new SampleSet(6, 3, 96, 42), folder);

        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        files(folder).values().forEach(digest::update);
        // Changes when the drawing does; then the figures measured on the generated set have to be measured again.
        assertThat(HexFormat.of().formatHex(digest.digest()))
                .isEqualTo("3c4629486f29d5d6539f88b239ec01dd243fdf812ccb8d8b17a800a66aae0959");
    }

    @Test
    void drawsOtherPatchesFromAnotherSeedAndNoPatchTwice() throws IOException {
        SampleGenerator.write(new SampleSet(30, 15, 48, 1), folder.resolve("one"));
        SampleGenerator.write(new SampleSet(30, 15, 48, 2), folder.resolve("two"));

        List<String> contents = files(folder).values().stream()
                .map(bytes -> HexFormat.of().formatHex(bytes))
                .toList();
        assertThat(contents).hasSize(90).doesNotHaveDuplicates();
    }

    @Test
    void beginsALargerSetWithTheSmallerOne() throws IOException {
        SampleGenerator.write(new SampleSet(3, 3, 48, 7), folder.resolve("small"));
        SampleGenerator.write(new SampleSet(9, 6, 48, 7), folder.resolve("large"));

        Map<String, byte[]> large = files(folder.resolve("large"));
        files(folder.resolve("small"))
                .forEach((name, bytes) -> assertThat(large.get(name)).as(name).isEqualTo(bytes));
    }

    @Test
    void writesPngThatOtherDecodersReadPixelForPixel() throws IOException {
        SampleGenerator.write(new SampleSet(3, 3, 200, 3), folder); // several deflate blocks

        var image = ImageIO.read(folder.resolve("train/cancer/cancer-0001.png").toFile());

        byte[] drawn = Patch.draw(Tissue.CANCER, 200, SampleGenerator.seed(3, "train", Tissue.CANCER, 1));
        assertThat(image.getWidth()).isEqualTo(200);
        assertThat(image.getHeight()).isEqualTo(200);
        for (int y = 0; y < 200; y++) {
            for (int x = 0; x < 200; x++) {
                int at = 3 * (y * 200 + x);
                int rgb = ((drawn[at] & 0xFF) << 16) | ((drawn[at + 1] & 0xFF) << 8) | (drawn[at + 2] & 0xFF);
                assertThat(image.getRGB(x, y) & 0xFFFFFF).isEqualTo(rgb);
            }
        }
    }

    @Test
    void refusesASetThatWouldLackAClass() {
        assertThatThrownBy(() -> new SampleSet(600, 2, 96, 1))
                .isInstanceOf(ScanstreamException.class)
                .hasMessageContaining("at least 3");
    }

    /** Path below the folder, with slashes → content, in the order of the paths. */
    private static Map<String, byte[]> files(Path folder) throws IOException {
        Map<String, byte[]> files = new TreeMap<>();
        try (Stream<Path> found = Files.walk(folder)) {
            for (Path file : found.filter(Files::isRegularFile).toList()) {
                files.put(folder.relativize(file).toString().replace('\\', '/'), Files.readAllBytes(file));
            }
        }
        return files;
    }
}
