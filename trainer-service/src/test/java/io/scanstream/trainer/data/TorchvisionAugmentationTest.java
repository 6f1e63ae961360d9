package io.scanstream.trainer.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.scanstream.contracts.recipe.Augmentation.Fill;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Colours, blur and moves against torchvision on Pillow images, at most one level apart. Skips where it is not there. */
@Tag("once")
class TorchvisionAugmentationTest {
    private static final int WIDTH = 48;
    private static final int HEIGHT = 40;
    private static final Path DEBIAN_PYTHON = Path.of("/usr/bin/python3");

    @TempDir
    static Path folder;

    private static byte[] image;

    @BeforeAll
    static void peer() throws Exception {
        assumeThat(hasTorchvision()).as("Debian's python3-torchvision").isTrue();
        image = smoothWithNoise();
        Files.write(folder.resolve("image.bin"), image);
        Path script = folder.resolve("augment.py");
        try (var in = TorchvisionAugmentationTest.class.getResourceAsStream("/torchvision_augmentation.py")) {
            Files.write(script, in.readAllBytes());
        }
        Path log = folder.resolve("python.log");
        int code = new ProcessBuilder(
                        DEBIAN_PYTHON.toString(),
                        script.toString(),
                        folder.toString(),
                        Integer.toString(WIDTH),
                        Integer.toString(HEIGHT))
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start()
                .waitFor();
        assertThat(code).as(Files.readString(log)).isZero();
    }

    private static boolean hasTorchvision() throws IOException, InterruptedException {
        return Files.isExecutable(DEBIAN_PYTHON)
                && new ProcessBuilder(DEBIAN_PYTHON.toString(), "-c", "import torchvision")
                                .redirectErrorStream(true)
                                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                                .start()
                                .waitFor()
                        == 0;
    }

    /** Every hue and many greys: waves of different length in the three channels, and noise. */
    private static byte[] smoothWithNoise() {
        SplittableRandom random = new SplittableRandom(5);
        byte[] pixels = new byte[WIDTH * HEIGHT * 3];
        for (int i = 0; i < pixels.length; i++) {
            int x = i / 3 % WIDTH;
            int y = i / 3 / WIDTH;
            double wave = 127 + 100 * Math.sin(x * (0.11 + 0.07 * (i % 3)) + y * 0.13 * (1 + i % 3));
            pixels[i] = (byte) Math.max(0, Math.min(255, Math.round(wave + random.nextInt(51) - 25)));
        }
        return pixels;
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.0", "0.35", "0.8", "1.2", "1.9"})
    void brightnessContrastAndSaturation(String factor) throws IOException {
        double value = Double.parseDouble(factor);
        assertAlike("brightness" + factor, Colours.brightness(image, value), 0);
        assertAlike("contrast" + factor, Colours.contrast(image, 3, value), 0);
        assertAlike("saturation" + factor, Colours.saturation(image, value), 0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"-0.5", "-0.21", "0.1", "0.2", "0.5"})
    void hue(String turns) throws IOException {
        assertAlike("hue" + turns, Colours.hue(image, Double.parseDouble(turns)), 0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.1", "1.3", "5.0"})
    void gaussianBlur(String sigma) throws IOException {
        assertAlike("blur" + sigma, Blur.gaussian(image, WIDTH, HEIGHT, 3, 5, 9, Double.parseDouble(sigma)), 0);
    }

    @Test
    void affine() throws IOException {
        Warp affine = Warp.affine(Math.toRadians(20), 1.2, Math.toRadians(7), 3, -2, WIDTH, HEIGHT, Fill.BLACK);
        assertAlike("affine", affine.image(image, WIDTH, HEIGHT, 3), 13);
        Warp rotation = Warp.affine(Math.toRadians(-35), 1, 0, 0, 0, WIDTH, HEIGHT, Fill.BLACK);
        assertAlike("rotation", rotation.image(image, WIDTH, HEIGHT, 3), 13);
    }

    /** torchvision repeats the part's own edge, ours goes on in the image: within the edge they agree. */
    @Test
    void resizedCrop() throws IOException {
        Warp crop = Warp.stretched(9, 5, 30, 24, WIDTH, HEIGHT);
        assertAlike("crop", crop.image(image, WIDTH, HEIGHT, 3), 1);
    }

    /** At most one level apart, except within a margin where the edges are treated otherwise. */
    private static void assertAlike(String name, byte[] ours, int margin) throws IOException {
        byte[] theirs = Files.readAllBytes(folder.resolve(name + ".bin"));
        assertThat(ours).hasSameSizeAs(theirs);
        int compared = 0;
        for (int i = 0; i < ours.length; i++) {
            int x = i / 3 % WIDTH;
            int y = i / 3 / WIDTH;
            boolean inside = x >= margin && x < WIDTH - margin && y >= margin && y < HEIGHT - margin;
            if (inside) {
                assertThat(ours[i] & 0xff)
                        .as("%s at %d, %d", name, x, y)
                        .isBetween((theirs[i] & 0xff) - 1, (theirs[i] & 0xff) + 1);
                compared++;
            }
        }
        assertThat(compared).isGreaterThan(ours.length / 8);
    }
}
