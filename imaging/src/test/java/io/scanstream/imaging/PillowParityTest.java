package io.scanstream.imaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.scanstream.contracts.model.Preprocessing;
import io.scanstream.contracts.model.Preprocessing.Interpolation;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Pixels against Pillow's: the same weights must mean the same here and where they were trained. Prints what it measures;
 * {@code -Dscanstream.parity.images=100000} takes all files of a set and not only some.
 */
class PillowParityTest {
    private static final int IMAGES = Integer.getInteger("scanstream.parity.images", 60);

    @SuppressWarnings("NullAway.Init")
    private static PillowPeer pillow;

    @BeforeAll
    static void startPillow(@TempDir Path folder) throws IOException {
        pillow = PillowPeer.start(folder);
    }

    @AfterAll
    static void stopPillow() throws IOException {
        // Not started where the tests are skipped.
        if (pillow != null) {
            pillow.close();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void resizesEqualPixelsToEqualPixels(int channels) throws IOException {
        Random random = new Random(20 + channels);
        Difference difference = new Difference();
        for (int i = 0; i < 200; i++) {
            int width = 1 + random.nextInt(i % 2 == 0 ? 60 : 700);
            int height = 1 + random.nextInt(i % 3 == 0 ? 60 : 700);
            int toWidth = 1 + random.nextInt(300);
            int toHeight = 1 + random.nextInt(300);
            byte[] pixels = TestImages.pixels(width, height, channels, i);
            if (i % 4 == 0) {
                random.nextBytes(pixels);
            }
            for (Interpolation filter : Interpolation.values()) {
                byte[] ours = new Resampler(filter).resize(pixels, width, height, channels, toWidth, toHeight);
                byte[] theirs = pillow.resize(
                        filter.name().toLowerCase(Locale.ROOT), pixels, width, height, channels, toWidth, toHeight);
                difference.add(ours, theirs);
            }
        }
        difference.print("resize alone, " + channels + " channel(s), bilinear and nearest, 200 pairs of sizes");
        assertThat(difference.max).isZero();
    }

    @ParameterizedTest
    @CsvSource({
        "isic-melanoma-nevus, .jpg",
        "isic2018-lesion-seg, .jpg",
        "iq-othnccd-lung-ct, .jpg",
        "lc25000-lung, .jpeg",
        "dsb2018-nuclei/train/images, .png",
        "dsb2018-nuclei/train/masks, .png",
        "glands-128, .png",
        "isic2018-lesion-seg, .png",
        "patches-tif-csv, .tif"
    })
    void decodesAndResizesRealImagesAlike(String set, String nameEnd) throws IOException {
        List<Path> files = SharedData.files(SharedData.folder(set), nameEnd, IMAGES);
        assertThat(files).isNotEmpty();
        Difference decoded = new Difference();
        Difference at128 = new Difference();
        Difference at224 = new Difference();
        for (Path file : files) {
            Image image = Decoding.decode(SharedData.read(file));
            byte[] theirs = pillow.decode(file, image.widthPx(), image.heightPx(), image.channels())
                    .orElseThrow(() -> new AssertionError(file + ": Pillow does not see " + image));
            decoded.add(image.pixels(), theirs);
            at128.add(input(image, 128), resized(theirs, image, 128));
            at224.add(input(image, 224), resized(theirs, image, 224));
        }
        String label = set + " " + nameEnd + ", " + files.size() + " images, ";
        decoded.print(label + "decode");
        at128.print(label + "decode + 128x128");
        at224.print(label + "decode + 224x224");
        for (Difference difference : List.of(at128, at224)) {
            assertThat(difference.mean()).isLessThan(0.5);
            assertThat(difference.within2()).isGreaterThanOrEqualTo(0.999);
        }
    }

    @Test
    void decodesOddFilesAlike() throws IOException {
        Path folder = SharedData.folder("odd-images");
        String[] names = {
            "pil_sample_cmyk.jpg",
            "tiff_strip_cmyk_jpeg.tif",
            "hopper_orientation_6.jpg",
            "orientation_rectangle.jpg",
            "invalid-exif.jpg",
            "junk_jpeg_header.jpg",
            "hopper_gray.jpg",
            "hopper_lzw.tif",
            "hopper_bigtiff.tif",
            "total-pages-zero.tif",
            "hopper_bw_500.png",
            "p_trns_single.png",
            "transparent.png",
            "hopper_idat_after_image_end.png",
            "iss634.gif",
            "decompression_bomb_extents.gif"
        };
        Difference decoded = new Difference();
        for (String name : names) {
            Image image = Decoding.decode(SharedData.read(folder.resolve(name)));
            byte[] theirs = pillow.decode(folder.resolve(name), image.widthPx(), image.heightPx(), image.channels())
                    .orElseThrow(() -> new AssertionError(name + ": Pillow does not see " + image));
            decoded.add(image.pixels(), theirs);
        }
        decoded.print("odd-images, " + names.length + " images, decode");
        assertThat(decoded.max).isLessThanOrEqualTo(2);
    }

    private static byte[] input(Image image, int side) {
        return new Preprocessor(Preprocessing.stretched(side, side, image.channels())).apply(image);
    }

    private static byte[] resized(byte[] pixels, Image size, int side) throws IOException {
        return pillow.resize("bilinear", pixels, size.widthPx(), size.heightPx(), size.channels(), side, side);
    }

    private static final class Difference {
        private long values;
        private long sum;
        private long beyond2;
        private int max;

        void add(byte[] ours, byte[] theirs) {
            assertThat(ours).hasSameSizeAs(theirs);
            for (int i = 0; i < ours.length; i++) {
                int difference = Math.abs((ours[i] & 0xff) - (theirs[i] & 0xff));
                sum += difference;
                beyond2 += difference > 2 ? 1 : 0;
                max = Math.max(max, difference);
            }
            values += ours.length;
        }

        double mean() {
            return (double) sum / values;
        }

        double within2() {
            return 1.0 - (double) beyond2 / values;
        }

        void print(String what) {
            System.out.printf(
                    Locale.ROOT,
                    "%s: mean %.5f, within 2 levels %.5f %%, max %d (%d values)%n",
                    what,
                    mean(),
                    100 * within2(),
                    max,
                    values);
        }
    }
}
