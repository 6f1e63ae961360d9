package io.scanstream.trainer.exploration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.scanstream.contracts.dataset.DatasetVersion;
import io.scanstream.contracts.dataset.Exploration;
import io.scanstream.imaging.PngWriter;
import io.scanstream.trainer.ingest.FolderIngest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExplorerTest {
    @TempDir
    Path root;

    /** Left half of one value, right half of another, in all channels but for a shift of the blue one. */
    private void image(String path, int width, int height, int left, int right) throws IOException {
        byte[] pixels = new byte[width * height * 3];
        for (int i = 0; i < pixels.length; i++) {
            int value = i / 3 % width < width / 2 ? left : right;
            pixels[i] = (byte) (i % 3 == 2 ? 0 : value);
        }
        write(path, PngWriter.encode(pixels, width, height, 3));
    }

    private void write(String path, byte[] bytes) throws IOException {
        Files.createDirectories(root.resolve(path).getParent());
        Files.write(root.resolve(path), bytes);
    }

    private Explorer.Look look() throws IOException {
        FolderIngest.LocalDataset local = FolderIngest.open(root, new DatasetVersion("d", 1), (files, rejected) -> {});
        return Explorer.look(local.manifest(), local.bytes());
    }

    @Test
    void countsAndMeasures() throws IOException {
        image("train/a/1.png", 10, 20, 0, 100);
        image("train/a/2.png", 10, 20, 0, 100);
        image("train/a/3.png", 10, 20, 50, 101);
        image("train/b/4.png", 10, 20, 50, 102);
        image("test/b/5.png", 20, 20, 50, 100);
        write("notes.txt", new byte[] {1});

        Exploration figures = look().figures();

        assertThat(figures.images()).isEqualTo(Map.of("train", Map.of("a", 2, "b", 1), "test", Map.of("b", 1)));
        assertThat(figures.share()).isEqualTo(Map.of("a", 0.5, "b", 0.5));
        assertThat(figures.examined()).isEqualTo(4);
        assertThat(figures.sizes()).containsExactly(new Exploration.Size(10, 20, 3), new Exploration.Size(20, 20, 1));
        assertThat(figures.duplicates()).isEqualTo(1);
        assertThat(figures.rejected()).isEqualTo(Map.of("NOT_AN_IMAGE", 1));
        // Weighted by pixels: three of 200 and one of 400.
        double mean = (50 + (50 + 101) / 2.0 + (50 + 102) / 2.0 + 2 * 75) / 5 / 255;
        assertThat(figures.mean().get(0)).isCloseTo(mean, within(1e-12));
        assertThat(figures.mean().get(2)).isZero();
        double squares = (5000 + (2500 + 101 * 101) / 2.0 + (2500 + 102 * 102) / 2.0 + 2 * 6250) / 5 / 255 / 255;
        assertThat(figures.std().get(1)).isCloseTo(Math.sqrt(squares - mean * mean), within(1e-12));
        assertThat(figures.std().get(2)).isZero();
    }

    @Test
    void thePageShowsImagesAndIsTheSameEveryTime() throws IOException {
        for (int i = 0; i < 12; i++) {
            image("train/a<b/" + i + ".png", 16, 16, i, 100);
            image("train/c/" + i + ".png", 16, 16, i, 200);
        }
        String page = look().page();
        assertThat(page.split("data:image/png", -1)).hasSize(1 + 16);
        assertThat(page).contains("a&lt;b").doesNotContain("a<b");
        assertThat(look().page()).isEqualTo(page);
    }

    @Test
    void measuresTheShareOfMasks() throws IOException {
        for (int i = 0; i < 6; i++) {
            image("train/images/" + i + ".png", 8, 8, i, 9);
            byte[] mask = new byte[64];
            for (int p = 0; p < 16; p++) {
                mask[p] = 7;
            }
            write("train/masks/" + i + ".png", PngWriter.encode(mask, 8, 8, 1));
        }
        Explorer.Look look = look();
        assertThat(look.figures().share()).isEqualTo(Map.of("background", 0.75, "foreground", 0.25));
        assertThat(look.page().split("data:image/png", -1)).hasSize(1 + 12);
    }
}
