package io.scanstream.imaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.model.Preprocessing.Interpolation;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Random;
import java.util.Scanner;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ResamplerTest {
    private final Resampler bilinear = new Resampler(Interpolation.BILINEAR);
    private final Resampler nearest = new Resampler(Interpolation.NEAREST);

    /** Rows of a 7x5 image whose value at i is {@code i * 37 % 256}; the results are Pillow 9.4's. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "bilinear | 3 | 2 | 35 114 193 41 120 199",
                "bilinear | 7 | 3 | 1 38 75 112 149 186 223 6 43 80 117 154 191 228 11 48 85 122 159 196 233",
                "bilinear | 4 | 5 | 19 77 145 203 22 80 148 206 25 83 151 209 28 86 154 212 31 89 157 215",
                "bilinear | 7 | 5 | 0 37 74 111 148 185 222 3 40 77 114 151 188 225 6 43 80 117 154 191 228 9 46 83 120 157 194 231 12 49 86 123 160 197 234",
                "bilinear | 10 | 6 | 0 20 46 72 98 124 150 176 202 222 2 22 48 74 100 126 152 178 204 224 5 25 51 77 103 129 155 181 207 227 7 27 53 79 105 131 157 183 209 229 10 30 56 82 108 134 160 186 212 232 12 32 58 84 110 136 162 188 214 234",
                "bilinear | 1 | 1 | 117",
                "bilinear | 9 | 2 | 3 28 56 85 114 143 172 200 225 9 34 62 91 120 149 178 206 231",
                "nearest | 3 | 2 | 40 114 188 46 120 194",
                "nearest | 7 | 3 | 0 37 74 111 148 185 222 6 43 80 117 154 191 228 12 49 86 123 160 197 234",
                "nearest | 4 | 5 | 0 74 148 222 3 77 151 225 6 80 154 228 9 83 157 231 12 86 160 234",
                "nearest | 7 | 5 | 0 37 74 111 148 185 222 3 40 77 114 151 188 225 6 43 80 117 154 191 228 9 46 83 120 157 194 231 12 49 86 123 160 197 234",
                "nearest | 10 | 6 | 0 37 37 74 111 111 148 185 185 222 3 40 40 77 114 114 151 188 188 225 6 43 43 80 117 117 154 191 191 228 6 43 43 80 117 117 154 191 191 228 9 46 46 83 120 120 157 194 194 231 12 49 49 86 123 123 160 197 197 234",
                "nearest | 1 | 1 | 117",
                "nearest | 9 | 2 | 3 40 40 77 114 151 188 188 225 9 46 46 83 120 157 194 194 231"
            })
    void givesPillowsPixels(String filter, int width, int height, String expected) {
        byte[] source = new byte[7 * 5];
        for (int i = 0; i < source.length; i++) {
            source[i] = (byte) (i * 37 % 256);
        }
        Resampler resampler = filter.equals("bilinear") ? bilinear : nearest;

        byte[] resized = resampler.resize(source, 7, 5, 1, width, height);

        assertThat(resized).isEqualTo(bytes(expected));
    }

    @ParameterizedTest
    @EnumSource(Interpolation.class)
    void treatsEveryChannelAlike(Interpolation interpolation) {
        Resampler resampler = new Resampler(interpolation);
        for (int channels = 2; channels <= 4; channels++) {
            byte[] pixels = TestImages.pixels(31, 17, channels, channels);
            byte[] resized = resampler.resize(pixels, 31, 17, channels, 12, 29);
            for (int c = 0; c < channels; c++) {
                assertThat(channel(resized, channels, c))
                        .isEqualTo(resampler.resize(channel(pixels, channels, c), 31, 17, 1, 12, 29));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Interpolation.class)
    void leavesFlatImagesFlatAtEverySize(Interpolation interpolation) {
        Resampler resampler = new Resampler(interpolation);
        Random random = new Random(11);
        for (int i = 0; i < 60; i++) {
            int width = 1 + random.nextInt(300);
            int height = 1 + random.nextInt(300);
            int outWidth = 1 + random.nextInt(300);
            int outHeight = 1 + random.nextInt(300);
            byte value = (byte) (i % 3 == 0 ? 255 : random.nextInt(256));
            byte[] flat = new byte[width * height];
            Arrays.fill(flat, value);
            assertThat(resampler.resize(flat, width, height, 1, outWidth, outHeight))
                    .as("seed 11, %dx%d to %dx%d", width, height, outWidth, outHeight)
                    .containsOnly(value);
        }
    }

    @ParameterizedTest
    @EnumSource(Interpolation.class)
    void computesAWindowAsPartOfTheWhole(Interpolation interpolation) {
        Resampler resampler = new Resampler(interpolation);
        byte[] pixels = TestImages.pixels(90, 70, 3, 4);
        for (int[] size : new int[][] {{40, 33}, {90, 70}, {90, 20}, {200, 150}}) {
            byte[] whole = resampler.resize(pixels, 90, 70, 3, size[0], size[1]);
            Resampler.Window window = new Resampler.Window(5, 7, 20, 11);
            int[] rows = {0};
            resampler.resize(pixels, 90, 70, 3, size[0], size[1], window, (y, row) -> {
                int from = ((7 + y) * size[0] + 5) * 3;
                assertThat(row).isEqualTo(Arrays.copyOfRange(whole, from, from + 60));
                rows[0]++;
            });
            assertThat(rows[0]).isEqualTo(11);
        }
    }

    @Test
    void reducesEnormousSidesWithLittleMemory() {
        byte[] line = new byte[2_000_000];
        Arrays.fill(line, (byte) 9);
        long allocated = AllocatedBytes.during(() -> {
            assertThat(bilinear.resize(line, 2_000_000, 1, 1, 3, 1)).containsOnly(9);
            assertThat(bilinear.resize(line, 1, 2_000_000, 1, 1, 3)).containsOnly(9);
        });
        assertThat(allocated).isLessThan(200_000_000);
    }

    @Test
    void refusesSizesThatDoNotFit() {
        assertThatThrownBy(() -> bilinear.resize(new byte[5], 2, 2, 1, 1, 1))
                .isInstanceOf(ScanstreamException.class)
                .hasMessageContaining("5 bytes came, 2x2x1 need 4");
        assertThatThrownBy(() -> bilinear.resize(new byte[4], 2, 2, 1, 0, 1))
                .isInstanceOf(ScanstreamException.class)
                .hasMessageContaining("0x1");
    }

    private static byte[] channel(byte[] pixels, int channels, int c) {
        byte[] one = new byte[pixels.length / channels];
        for (int i = 0; i < one.length; i++) {
            one[i] = pixels[i * channels + c];
        }
        return one;
    }

    private static byte[] bytes(String numbers) {
        Scanner scanner = new Scanner(numbers);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        while (scanner.hasNextInt()) {
            bytes.write(scanner.nextInt());
        }
        return bytes.toByteArray();
    }
}
