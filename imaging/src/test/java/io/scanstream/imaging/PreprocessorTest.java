package io.scanstream.imaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.model.Preprocessing;
import io.scanstream.contracts.model.Preprocessing.Interpolation;
import io.scanstream.contracts.model.Preprocessing.Resize;
import io.scanstream.contracts.model.Preprocessing.SixteenBit;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class PreprocessorTest {
    private final byte[] pixels = TestImages.pixels(60, 40, 3, 1);
    private final Image image = image(60, 40, 3, pixels);

    @Test
    void stretchesBothSides() {
        byte[] input = new Preprocessor(Preprocessing.stretched(20, 30, 3)).apply(image);

        assertThat(input).isEqualTo(new Resampler(Interpolation.BILINEAR).resize(pixels, 60, 40, 3, 20, 30));
    }

    @Test
    void cropsTheMiddleOfTheScaledImage() {
        byte[] input = new Preprocessor(fit(Resize.CROP, 20, 20, Interpolation.BILINEAR)).apply(image);

        // 60x40 becomes 30x20; five columns go on either side.
        byte[] scaled = new Resampler(Interpolation.BILINEAR).resize(pixels, 60, 40, 3, 30, 20);
        for (int y = 0; y < 20; y++) {
            assertThat(Arrays.copyOfRange(input, y * 60, y * 60 + 60))
                    .isEqualTo(Arrays.copyOfRange(scaled, (y * 30 + 5) * 3, (y * 30 + 25) * 3));
        }
    }

    @Test
    void letterboxesWithBlack() {
        ByteBuffer buffer = ByteBuffer.allocate(20 * 20 * 3);
        Arrays.fill(buffer.array(), (byte) 77);
        new Preprocessor(fit(Resize.LETTERBOX, 20, 20, Interpolation.BILINEAR)).apply(image, buffer);
        byte[] input = buffer.array();

        // 60x40 becomes 20x13; three rows of black above, four below.
        byte[] scaled = new Resampler(Interpolation.BILINEAR).resize(pixels, 60, 40, 3, 20, 13);
        assertThat(Arrays.copyOf(input, 3 * 60)).containsOnly(0);
        assertThat(Arrays.copyOfRange(input, 3 * 60, 16 * 60)).isEqualTo(scaled);
        assertThat(Arrays.copyOfRange(input, 16 * 60, 20 * 60)).containsOnly(0);
    }

    @Test
    void keepsThinImagesAtOnePixel() {
        Image thin = image(500, 1, 1, new byte[500]);

        assertThat(new Preprocessor(fit(Resize.LETTERBOX, 20, 20, Interpolation.NEAREST)).apply(thin))
                .hasSize(1200);
        long allocated = AllocatedBytes.during(
                () -> assertThat(new Preprocessor(fit(Resize.CROP, 500, 500, Interpolation.BILINEAR)).apply(thin))
                        .hasSize(750_000));
        assertThat(allocated).isLessThan(20_000_000);
    }

    @Test
    void keepsLabelsOfMasksAsTheyAre() {
        byte[] mask = new byte[64 * 64];
        for (int i = 0; i < mask.length; i++) {
            mask[i] = (byte) (i % 3 * 100);
        }
        Preprocessing nearest = new Preprocessing(23, 29, 1, Resize.STRETCH, Interpolation.NEAREST, SixteenBit.SCALE);

        assertThat(new Preprocessor(nearest).apply(image(64, 64, 1, mask))).containsOnly(0, 100, (byte) 200);
    }

    @Test
    void makesGreyOfRgbByLuma() {
        byte[] colours = {(byte) 255, 0, 0, 0, (byte) 255, 0, 0, 0, (byte) 255, 10, 20, 30};

        byte[] grey = new Preprocessor(Preprocessing.stretched(4, 1, 1)).apply(image(4, 1, 3, colours));

        // 0.299, 0.587, 0.114, rounded
        assertThat(grey).isEqualTo(new byte[] {76, (byte) 150, 29, 18});
    }

    @Test
    void makesRgbOfGreyByRepetition() {
        byte[] grey = TestImages.pixels(50, 50, 1, 3);

        byte[] rgb = new Preprocessor(Preprocessing.stretched(16, 16, 3)).apply(image(50, 50, 1, grey));

        byte[] one = new Preprocessor(Preprocessing.stretched(16, 16, 1)).apply(image(50, 50, 1, grey));
        for (int i = 0; i < one.length; i++) {
            assertThat(Arrays.copyOfRange(rgb, 3 * i, 3 * i + 3)).containsOnly(one[i]);
        }
    }

    @Test
    void writesAtThePositionOfAnyBuffer() {
        Preprocessor preprocessor = new Preprocessor(Preprocessing.stretched(8, 8, 3));
        byte[] expected = preprocessor.apply(image);
        for (ByteBuffer buffer : new ByteBuffer[] {ByteBuffer.allocateDirect(400), ByteBuffer.allocate(400)}) {
            buffer.position(100);
            preprocessor.apply(image, buffer);

            assertThat(buffer.position()).isEqualTo(292);
            byte[] all = new byte[400];
            buffer.get(0, all);
            assertThat(Arrays.copyOfRange(all, 100, 292)).isEqualTo(expected);
            assertThat(Arrays.copyOf(all, 100)).containsOnly(0);
            assertThat(Arrays.copyOfRange(all, 292, 400)).containsOnly(0);
        }
    }

    @Test
    void refusesABufferWithTooLittleRoom() {
        ByteBuffer buffer = ByteBuffer.allocate(191);

        assertThatThrownBy(() -> new Preprocessor(Preprocessing.stretched(8, 8, 3)).apply(image, buffer))
                .isInstanceOfSatisfying(
                        ScanstreamException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_REQUEST))
                .hasMessageContaining("191 bytes left in the buffer, 192 are needed");
        assertThat(buffer.position()).isZero();
    }

    private static Preprocessing fit(Resize resize, int width, int height, Interpolation interpolation) {
        return new Preprocessing(width, height, 3, resize, interpolation, SixteenBit.SCALE);
    }

    private static Image image(int width, int height, int channels, byte[] pixels) {
        return new Image(new Pixels(width, height, channels, pixels), ImageFormat.PNG, List.of());
    }
}
