package io.scanstream.imaging;

import static io.scanstream.imaging.Decoding.assertPixels;
import static io.scanstream.imaging.Decoding.decode;
import static io.scanstream.imaging.Decoding.refusal;
import static org.assertj.core.api.Assertions.assertThat;

import io.scanstream.contracts.ErrorCode;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PngDecodingTest {
    private static final int WIDTH = 37;
    private static final int HEIGHT = 23;

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void givesBackWhatWasWritten(int channels) {
        byte[] pixels = TestImages.pixels(WIDTH, HEIGHT, channels, 1);
        BufferedImage image = TestImages.image(pixels, WIDTH, HEIGHT, channels);

        assertPixels(decode(TestImages.png(image)), WIDTH, HEIGHT, channels, pixels);
        assertPixels(decode(TestImages.interlacedPng(image)), WIDTH, HEIGHT, channels, pixels);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4})
    void spreadsFewBitsOverTheWholeRange(int bits) {
        int most = (1 << bits) - 1;
        byte[] packed = new byte[(16 * bits + 7) / 8];
        byte[] expected = new byte[16];
        for (int x = 0; x < 16; x++) {
            int value = x & most;
            packed[x * bits / 8] |= (byte) (value << (8 - bits - x * bits % 8));
            expected[x] = (byte) Math.round(value * 255.0 / most);
        }

        assertPixels(decode(png(16, 1, bits, 0, packed)), 16, 1, 1, expected);
    }

    @Test
    void scalesSixteenBitsAndRounds() {
        short[] samples = {0, 1, 128, 129, 256, 257, (short) 0x7fff, (short) 0x8000, (short) 0xff00, (short) 0xffff};
        byte[] expected = new byte[samples.length];
        for (int i = 0; i < samples.length; i++) {
            expected[i] = (byte) Math.round((samples[i] & 0xffff) / 257.0);
        }

        assertPixels(decode(TestImages.png(TestImages.image(samples, 10, 1, 1))), 10, 1, 1, expected);
        assertPixels(
                decode(TestImages.png(TestImages.image(Arrays.copyOf(samples, 9), 3, 1, 3))),
                3,
                1,
                3,
                Arrays.copyOf(expected, 9));
    }

    @Test
    void looksColoursUpInThePalette() {
        int[] palette = {0xff102030, 0xffc0b0a0, 0xff00ff00};
        BufferedImage image = TestImages.indexed(new byte[] {0, 1, 2, 1}, 2, 2, 8, palette);

        byte[] expected = {
            0x10,
            0x20,
            0x30,
            (byte) 0xc0,
            (byte) 0xb0,
            (byte) 0xa0,
            0,
            (byte) 0xff,
            0,
            (byte) 0xc0,
            (byte) 0xb0,
            (byte) 0xa0
        };
        assertPixels(decode(TestImages.png(image)), 2, 2, 3, expected);
    }

    @Test
    void takesAPaletteOfGreysForGrey() {
        int[] palette = {0xff000000, 0xff808080, 0xffffffff, 0xff404040};
        BufferedImage image = TestImages.indexed(new byte[] {3, 2, 1, 0}, 4, 1, 2, palette);

        assertPixels(decode(TestImages.png(image)), 4, 1, 1, new byte[] {0x40, (byte) 0xff, (byte) 0x80, 0});
    }

    @Test
    void refusesAnIndexOutsideThePalette() {
        byte[] file = assemble(
                chunk("IHDR", header(2, 1, 8, 3)), chunk("PLTE", new byte[6]), chunk("IDAT", deflate(new byte[] {0, 1, 2
                })));

        assertThat(refusal(ErrorCode.NOT_AN_IMAGE, file)).contains("palette");
    }

    @Test
    void compositesTransparencyOnWhite() {
        byte[] rgba = {100, 50, 0, 0, 100, 50, 0, (byte) 255, 100, 50, 0, (byte) 128};
        byte[] onWhite = {(byte) 255, (byte) 255, (byte) 255, 100, 50, 0, (byte) 177, (byte) 152, 127};
        assertPixels(decode(TestImages.png(TestImages.image(rgba, 3, 1, 4))), 3, 1, 3, onWhite);

        byte[] greyAlpha = {100, 0, 100, (byte) 255, 100, (byte) 128};
        byte[] greyOnWhite = {(byte) 255, 100, (byte) 177};
        assertPixels(decode(TestImages.png(TestImages.image(greyAlpha, 3, 1, 2))), 3, 1, 1, greyOnWhite);

        int[] palette = {0x00102030, 0xff102030};
        BufferedImage indexed = TestImages.indexed(new byte[] {0, 1}, 2, 1, 8, palette);
        byte[] indexedOnWhite = {(byte) 255, (byte) 255, (byte) 255, 0x10, 0x20, 0x30};
        assertPixels(decode(TestImages.png(indexed)), 2, 1, 3, indexedOnWhite);
    }

    @Test
    void takesTheOneTransparentColourOfGreyAndRgb() {
        byte[] grey = assemble(
                chunk("IHDR", header(3, 1, 8, 0)),
                chunk("tRNS", new byte[] {0, 7}),
                chunk("IDAT", deflate(new byte[] {0, 7, 8, 9})));
        assertPixels(decode(grey), 3, 1, 1, new byte[] {(byte) 255, 8, 9});

        byte[] rgb = assemble(
                chunk("IHDR", header(2, 1, 8, 2)),
                chunk("tRNS", new byte[] {0, 1, 0, 2, 0, 3}),
                chunk("IDAT", deflate(new byte[] {0, 1, 2, 3, 1, 2, 4})));
        assertPixels(decode(rgb), 2, 1, 3, new byte[] {(byte) 255, (byte) 255, (byte) 255, 1, 2, 4});
    }

    @Test
    void refusesAFileCutAnywhere() {
        byte[] whole = TestImages.png(TestImages.image(TestImages.pixels(WIDTH, HEIGHT, 3, 2), WIDTH, HEIGHT, 3));
        for (int length = 8; length < whole.length; length++) {
            assertThat(refusal(ErrorCode.NOT_AN_IMAGE, Arrays.copyOf(whole, length)))
                    .as("cut at %d of %d", length, whole.length)
                    .contains("truncated");
        }
    }

    @Test
    void refusesEveryWrongByteBetweenSignatureAndEnd() {
        byte[] whole = TestImages.png(TestImages.image(TestImages.pixels(9, 9, 1, 2), 9, 9, 1));
        for (int at = 8; at < whole.length - 12; at++) {
            byte[] changed = whole.clone();
            changed[at] ^= 0x10;
            refusal(ErrorCode.NOT_AN_IMAGE, changed);
        }
    }

    @Test
    void refusesDataThatEndsEarlyUnderRightChecksums() {
        byte[] rows = new byte[10 * 11];
        byte[] short1 = assemble(chunk("IHDR", header(10, 10, 8, 0)), chunk("IDAT", deflate(Arrays.copyOf(rows, 109))));
        byte[] compressed = deflate(rows);
        byte[] short2 = assemble(
                chunk("IHDR", header(10, 10, 8, 0)), chunk("IDAT", Arrays.copyOf(compressed, compressed.length / 2)));
        byte[] rubbish = assemble(chunk("IHDR", header(10, 10, 8, 0)), chunk("IDAT", new byte[] {1, 2, 3, 4, 5}));
        byte[] none = assemble(chunk("IHDR", header(10, 10, 8, 0)));

        for (byte[] file : new byte[][] {short1, short2, rubbish, none}) {
            refusal(ErrorCode.NOT_AN_IMAGE, file);
        }
    }

    @Test
    void refusesWhatTheStandardDoesNotKnow() {
        byte[] data = chunk("IDAT", deflate(new byte[] {0, 0}));
        for (byte[] header : new byte[][] {
            header(1, 1, 3, 0), header(1, 1, 16, 3), header(1, 1, 8, 5), header(0, 1, 8, 0), header(1, -1, 8, 0)
        }) {
            refusal(ErrorCode.NOT_AN_IMAGE, assemble(chunk("IHDR", header), data));
        }
        byte[] compression = header(1, 1, 8, 0);
        compression[10] = 1;
        refusal(ErrorCode.NOT_AN_IMAGE, assemble(chunk("IHDR", compression), data));
        refusal(ErrorCode.NOT_AN_IMAGE, assemble(data, chunk("IHDR", header(1, 1, 8, 0))));
        refusal(
                ErrorCode.UNSUPPORTED_IMAGE,
                assemble(chunk("IHDR", header(1, 1, 8, 0)), chunk("QUUX", new byte[3]), data));
    }

    @Test
    void stepsOverTextsAndProfilesWithoutInflatingThem() {
        byte[] bomb = deflate(new byte[50_000_000]);
        byte[] text = new byte[bomb.length + 6];
        System.arraycopy("Ugly\0\0".getBytes(StandardCharsets.US_ASCII), 0, text, 0, 6);
        System.arraycopy(bomb, 0, text, 6, bomb.length);
        byte[] file = assemble(
                chunk("IHDR", header(1, 1, 8, 0)),
                chunk("zTXt", text),
                chunk("iCCP", text),
                chunk("IDAT", deflate(new byte[] {0, 42})),
                chunk("iTXt", new byte[] {0}));

        long allocated = AllocatedBytes.during(() -> assertPixels(decode(file), 1, 1, 1, new byte[] {42}));

        assertThat(allocated).isLessThan(5_000_000);
    }

    @Test
    void turnsTheImageUprightByExif() {
        byte[] exif = JpegDecodingTest.exif(6);
        byte[] file = assemble(
                chunk("IHDR", header(2, 1, 8, 0)),
                chunk("eXIf", Arrays.copyOfRange(exif, 6, exif.length)),
                chunk("IDAT", deflate(new byte[] {0, 10, 20})));

        assertPixels(decode(file), 1, 2, 1, new byte[] {10, 20});
    }

    @Test
    void usesTheFirstImageOfAnAnimationAndSaysSo() {
        byte[] file = assemble(
                chunk("IHDR", header(2, 2, 8, 0)),
                chunk("acTL", new byte[8]),
                chunk("IDAT", deflate(new byte[] {0, 1, 2, 0, 3, 4})));

        Image image = decode(file);

        assertPixels(image, 2, 2, 1, new byte[] {1, 2, 3, 4});
        assertThat(image.warnings()).containsExactly("Animated PNG: only the first image is used.");
    }

    static byte[] png(int width, int height, int bits, int colourType, byte[] rowOfPackedSamples) {
        byte[] raw = new byte[height * (rowOfPackedSamples.length + 1)];
        for (int y = 0; y < height; y++) {
            System.arraycopy(
                    rowOfPackedSamples, 0, raw, y * (rowOfPackedSamples.length + 1) + 1, rowOfPackedSamples.length);
        }
        return assemble(chunk("IHDR", header(width, height, bits, colourType)), chunk("IDAT", deflate(raw)));
    }

    static byte[] header(int width, int height, int bits, int colourType) {
        return ByteBuffer.allocate(13)
                .putInt(width)
                .putInt(height)
                .put((byte) bits)
                .put((byte) colourType)
                .array();
    }

    static byte[] chunk(String type, byte[] data) {
        byte[] name = type.getBytes(StandardCharsets.US_ASCII);
        CRC32 crc = new CRC32();
        crc.update(name);
        crc.update(data);
        return ByteBuffer.allocate(12 + data.length)
                .putInt(data.length)
                .put(name)
                .put(data)
                .putInt((int) crc.getValue())
                .array();
    }

    /** Signature, the chunks, IEND. */
    static byte[] assemble(byte[]... chunks) {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        file.writeBytes(new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'});
        for (byte[] chunk : chunks) {
            file.writeBytes(chunk);
        }
        file.writeBytes(chunk("IEND", new byte[0]));
        return file.toByteArray();
    }

    static byte[] deflate(byte[] raw) {
        Deflater deflater = new Deflater();
        deflater.setInput(raw);
        deflater.finish();
        byte[] out = new byte[raw.length + 100];
        int length = deflater.deflate(out);
        deflater.end();
        return Arrays.copyOf(out, length);
    }
}
