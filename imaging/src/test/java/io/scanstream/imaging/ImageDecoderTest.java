package io.scanstream.imaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.scanstream.contracts.model.Preprocessing;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class ImageDecoderTest {
    @Test
    void decidesByContentForEveryFormat() {
        byte[] grey = TestImages.pixels(20, 10, 1, 1);

        assertThat(Decoding.decode(TestImages.jpeg(grey, 20, 10, 1)).format()).isEqualTo(ImageFormat.JPEG);
        assertThat(Decoding.decode(TestImages.png(TestImages.image(grey, 20, 10, 1)))
                        .format())
                .isEqualTo(ImageFormat.PNG);
        assertThat(Decoding.decode(TestImages.tiff(TestImages.image(grey, 20, 10, 1), "LZW"))
                        .format())
                .isEqualTo(ImageFormat.TIFF);
    }

    @Test
    void serializesNothingButGivesTheSamePixelsToManyThreads() throws Exception {
        ImageDecoder decoder = new ImageDecoder(DecodeLimits.defaults());
        Preprocessor preprocessor = new Preprocessor(Preprocessing.stretched(24, 24, 3));
        byte[] rgb = TestImages.pixels(90, 60, 3, 1);
        List<byte[]> files = List.of(
                TestImages.jpeg(rgb, 90, 60, 3),
                TestImages.progressiveJpeg(rgb, 90, 60, 3),
                TestImages.png(TestImages.image(rgb, 90, 60, 3)),
                TestImages.tiff(TestImages.image(rgb, 90, 60, 3), "Deflate"),
                TestImages.bmp(TestImages.image(rgb, 90, 60, 3)));
        List<byte[]> expected = files.stream()
                .map(file -> preprocessor.apply(decoder.decode(file)))
                .toList();
        ExecutorService pool = Executors.newFixedThreadPool(8);
        try {
            List<Future<Boolean>> results = new ArrayList<>();
            for (int i = 0; i < 400; i++) {
                int file = i % files.size();
                results.add(pool.submit(
                        () -> Arrays.equals(preprocessor.apply(decoder.decode(files.get(file))), expected.get(file))));
            }
            for (Future<Boolean> result : results) {
                assertThat(result.get()).isTrue();
            }
        } finally {
            pool.shutdownNow();
        }
    }

    @Test
    void warnsOfDegenerateSizes() {
        byte[] file = TestImages.png(TestImages.image(new byte[] {1, 2, 3}, 1, 3, 1));

        assertThat(Decoding.decode(file).warnings()).containsExactly("The image is only 1x3 pixels.");
    }
}
