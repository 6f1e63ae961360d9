package io.scanstream.imaging;

import static io.scanstream.imaging.Decoding.assertPixels;
import static io.scanstream.imaging.Decoding.decode;
import static io.scanstream.imaging.Decoding.refusal;
import static org.assertj.core.api.Assertions.assertThat;

import io.scanstream.contracts.ErrorCode;
import java.awt.image.BufferedImage;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TiffDecodingTest {
    private static final int WIDTH = 37;
    private static final int HEIGHT = 53;

    private final byte[] rgb = TestImages.pixels(WIDTH, HEIGHT, 3, 1);
    private final byte[] grey = TestImages.pixels(WIDTH, HEIGHT, 1, 2);

    @ParameterizedTest
    @CsvSource({
        ",false",
        ",true",
        "LZW,false",
        "LZW,true",
        "Deflate,false",
        "Deflate,true",
        "ZLib,false",
        "PackBits,false",
        "PackBits,true"
    })
    void givesBackWhatWasWritten(String compression, boolean tiled) {
        for (ByteOrder order : new ByteOrder[] {ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN}) {
            BufferedImage colours = TestImages.image(rgb, WIDTH, HEIGHT, 3);
            assertPixels(decode(TestImages.tiff(colours, compression, order, tiled)), WIDTH, HEIGHT, 3, rgb);

            BufferedImage greys = TestImages.image(grey, WIDTH, HEIGHT, 1);
            assertPixels(decode(TestImages.tiff(greys, compression, order, tiled)), WIDTH, HEIGHT, 1, grey);
        }
    }

    @ParameterizedTest
    @CsvSource({"none", "LZW", "Deflate", "PackBits"})
    void honoursTheByteOrderOfSixteenBits(String name) {
        String compression = name.equals("none") ? null : name;
        short[] samples = new short[WIDTH * HEIGHT * 3];
        byte[] expected = new byte[samples.length];
        for (int i = 0; i < samples.length; i++) {
            samples[i] = (short) (i * 7919);
            expected[i] = (byte) Math.round((samples[i] & 0xffff) / 257.0);
        }
        BufferedImage image = TestImages.image(samples, WIDTH, HEIGHT, 3);

        for (ByteOrder order : new ByteOrder[] {ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN}) {
            assertPixels(decode(TestImages.tiff(image, compression, order, false)), WIDTH, HEIGHT, 3, expected);
        }
    }

    @Test
    void undoesThePredictorOfEightAndSixteenBits() {
        byte[] eight = {10, 20, 30, 1, 1, 1, 2, 2, 2};
        byte[] compressed = PngDecodingTest.deflate(eight);
        byte[] file = new TiffFile(3, 1, 8, 3, 2, compressed)
                .with(259, 8)
                .with(317, 2)
                .build();
        assertPixels(decode(file), 3, 1, 3, new byte[] {10, 20, 30, 11, 21, 31, 13, 23, 33});

        byte[] sixteen = PngDecodingTest.deflate(new byte[] {0x40, 0, 0x10, 1});
        byte[] deep = new TiffFile(2, 1, 16, 1, 1, sixteen)
                .bigEndian()
                .with(259, 8)
                .with(317, 2)
                .build();
        assertPixels(decode(deep), 2, 1, 1, new byte[] {0x40, 0x50});
    }

    @ParameterizedTest
    @ValueSource(strings = {"CCITT RLE", "CCITT T.4", "CCITT T.6"})
    void decodesFaxCodings(String compression) {
        byte[] indices = new byte[WIDTH * HEIGHT];
        byte[] expected = new byte[indices.length];
        for (int i = 0; i < indices.length; i++) {
            indices[i] = (byte) (grey[i] & 1);
            expected[i] = (byte) -indices[i];
        }
        BufferedImage image = TestImages.indexed(indices, WIDTH, HEIGHT, 1, new int[] {0xff000000, 0xffffffff});
        byte[] file = TestImages.tiff(image, compression);

        assertPixels(decode(file), WIDTH, HEIGHT, 1, expected);
    }

    @Test
    void refusesAFaxWithMissingLines() {
        byte[] indices = new byte[200 * 200];
        for (int i = 0; i < indices.length; i++) {
            indices[i] = (byte) ((i / 7 + i / 200) % 3 == 0 ? 1 : 0);
        }
        BufferedImage image = TestImages.indexed(indices, 200, 200, 1, new int[] {0xff000000, 0xffffffff});
        byte[] compressed = strip(TestImages.tiff(image, "CCITT T.6"));
        for (double part : new double[] {0.3, 0.6, 0.9}) {
            byte[] cut = Arrays.copyOf(compressed, (int) (compressed.length * part));
            refusal(
                    ErrorCode.NOT_AN_IMAGE,
                    new TiffFile(200, 200, 1, 1, 1, cut).with(259, 4).build());
        }
    }

    @Test
    void decodesJpegStripsAndTilesAsTheJpegsThatTheyAre() {
        byte[] whole = TestImages.jpeg(rgb, WIDTH, HEIGHT, 3);
        byte[] strip = new TiffFile(WIDTH, HEIGHT, 8, 3, 6, whole).with(259, 7).build();
        assertPixels(decode(strip), WIDTH, HEIGHT, 3, decode(whole).pixels());

        byte[] tiled = TestImages.tiff(TestImages.image(grey, WIDTH, HEIGHT, 1), "JPEG", ByteOrder.LITTLE_ENDIAN, true);
        assertThat(decode(tiled)).hasToString("TIFF 37x53x1");
        assertThat(maxDifference(decode(tiled).pixels(), grey)).isLessThan(40);
    }

    @Test
    void refusesJpegStripsThatAreCutOrOfAnotherSize() {
        byte[] whole = TestImages.jpeg(rgb, WIDTH, HEIGHT, 3);
        byte[] cut = Arrays.copyOf(whole, whole.length * 2 / 3);

        assertThat(refusal(
                        ErrorCode.NOT_AN_IMAGE,
                        new TiffFile(WIDTH, HEIGHT, 8, 3, 6, cut).with(259, 7).build()))
                .contains("truncated");
        assertThat(refusal(
                        ErrorCode.NOT_AN_IMAGE,
                        new TiffFile(WIDTH + 1, HEIGHT, 8, 3, 6, whole)
                                .with(259, 7)
                                .build()))
                .contains("38x53x3 was expected");
    }

    @Test
    void turnsWhiteIsZeroAround() {
        assertPixels(decode(new TiffFile(3, 1, 8, 1, 0, new byte[] {0, 100, (byte) 255}).build()), 3, 1, 1, new byte[] {
            (byte) 255, (byte) 155, 0
        });
        assertPixels(decode(new TiffFile(8, 1, 1, 1, 0, new byte[] {0x0f}).build()), 8, 1, 1, new byte[] {
            -1, -1, -1, -1, 0, 0, 0, 0
        });
        assertPixels(decode(new TiffFile(1, 1, 16, 1, 0, new byte[] {0, 0}).build()), 1, 1, 1, new byte[] {-1});
    }

    @Test
    void scalesFourAndTwelveBits() {
        assertPixels(
                decode(new TiffFile(2, 1, 4, 1, 1, new byte[] {(byte) 0xf3}).build()), 2, 1, 1, new byte[] {-1, 51});
        byte[] packed = {(byte) 0xff, (byte) 0xf8, 0, 0, 1, 0};
        byte[] expected = {-1, (byte) 128, 0, 16};
        assertPixels(decode(new TiffFile(4, 1, 12, 1, 1, packed).build()), 4, 1, 1, expected);
        assertPixels(decode(new TiffFile(4, 1, 12, 1, 1, packed).bigEndian().build()), 4, 1, 1, expected);
    }

    @Test
    void looksColoursUpInThePalette() {
        long[] map = new long[12];
        map[1] = 0x1000;
        map[4 + 1] = 0x2000;
        map[8 + 1] = 0x3000;
        byte[] file =
                new TiffFile(4, 1, 2, 1, 3, new byte[] {0x10}).with(320, map).build();

        assertPixels(decode(file), 4, 1, 3, new byte[] {0, 0, 0, 0x10, 0x20, 0x30, 0, 0, 0, 0, 0, 0});
    }

    @Test
    void takesExtraSamplesForWhatTheyAre() {
        byte[] rgba = {100, 50, 0, (byte) 128};
        assertPixels(decode(new TiffFile(1, 1, 8, 4, 2, rgba).with(338, 0).build()), 1, 1, 3, new byte[] {100, 50, 0});
        assertPixels(decode(new TiffFile(1, 1, 8, 4, 2, rgba).with(338, 2).build()), 1, 1, 3, new byte[] {
            (byte) 177, (byte) 152, 127
        });
        assertPixels(decode(new TiffFile(1, 1, 8, 4, 2, rgba).with(338, 1).build()), 1, 1, 3, new byte[] {
            (byte) 227, (byte) 177, 127
        });
        assertPixels(
                decode(new TiffFile(1, 1, 8, 2, 1, new byte[] {100, 0})
                        .with(338, 2)
                        .build()),
                1,
                1,
                1,
                new byte[] {-1});
    }

    @Test
    void convertsInksWithoutTurningThemAround() {
        byte[] inks = {0, (byte) 255, (byte) 255, 0, 0, 0, 0, (byte) 255};

        assertPixels(decode(new TiffFile(2, 1, 8, 4, 5, inks).build()), 2, 1, 3, new byte[] {-1, 0, 0, 0, 0, 0});
    }

    @Test
    void putsSeparatePlanesTogether() {
        byte[] planes = {1, 2, 3, 4, 5, 6};
        byte[] file = new TiffFile(2, 1, 8, 3, 2, planes)
                .with(284, 2)
                .with(273, 16, 18, 20)
                .with(279, 2, 2, 2)
                .build();

        assertPixels(decode(file), 2, 1, 3, new byte[] {1, 3, 5, 2, 4, 6});
    }

    @Test
    void readsBigTiff() {
        TiffFile file = new TiffFile(2, 2, 8, 3, 2, new byte[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}).bigTiff();

        assertPixels(decode(file.build()), 2, 2, 3, new byte[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
        assertPixels(decode(file.bigEndian().build()), 2, 2, 3, new byte[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
    }

    @Test
    void readsStripsWithoutByteCountsWhereNothingIsCompressed() {
        byte[] file = new TiffFile(2, 2, 8, 1, 1, new byte[] {1, 2, 3, 4})
                .without(279)
                .without(278)
                .build();

        assertPixels(decode(file), 2, 2, 1, new byte[] {1, 2, 3, 4});
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
    void turnsTheImageUpright(int orientation) {
        byte[] stored = {1, 2, 3, 4, 5, 6};

        Image image = decode(
                new TiffFile(3, 2, 8, 1, 1, stored).with(274, orientation).build());

        Pixels upright = Orientation.upright(new Pixels(3, 2, 1, stored), orientation);
        assertPixels(image, upright.widthPx(), upright.heightPx(), 1, upright.data());
    }

    @Test
    void usesTheFirstPageAndSaysSo() {
        TiffFile page = new TiffFile(2, 1, 8, 1, 1, new byte[] {1, 2});
        byte[] one = page.build();
        byte[] two = Arrays.copyOf(page.next(one.length).build(), one.length * 2 - page.directoryAt());
        System.arraycopy(one, page.directoryAt(), two, one.length, one.length - page.directoryAt());

        Image image = decode(two);

        assertPixels(image, 2, 1, 1, new byte[] {1, 2});
        assertThat(image.warnings()).contains("TIFF with 2 pages: only the first is used.");
    }

    @Test
    void endsWhereADirectoryPointsToItself() {
        TiffFile page = new TiffFile(2, 2, 8, 1, 1, new byte[] {1, 2, 3, 4});

        assertThat(decode(page.next(page.directoryAt()).build()).warnings()).isEmpty();
    }

    @Test
    void refusesKindsByName() {
        byte[] data = new byte[64];
        assertThat(refusal(
                        ErrorCode.UNSUPPORTED_IMAGE,
                        new TiffFile(2, 2, 32, 1, 1, data).with(339, 3).build()))
                .contains("floating point");
        assertThat(refusal(
                        ErrorCode.UNSUPPORTED_IMAGE,
                        new TiffFile(2, 2, 16, 1, 1, data).with(339, 2).build()))
                .contains("signed integers");
        assertThat(refusal(
                        ErrorCode.UNSUPPORTED_IMAGE,
                        new TiffFile(2, 2, 8, 1, 1, data).with(259, 50000).build()))
                .contains("compression 50000");
        assertThat(refusal(ErrorCode.UNSUPPORTED_IMAGE, new TiffFile(2, 2, 8, 3, 8, data).build()))
                .contains("photometric interpretation 8");
        refusal(ErrorCode.UNSUPPORTED_IMAGE, new TiffFile(2, 2, 32, 1, 1, data).build());
        refusal(
                ErrorCode.UNSUPPORTED_IMAGE,
                new TiffFile(2, 2, 8, 3, 2, data).with(258, 5, 6, 5).build());
        refusal(
                ErrorCode.UNSUPPORTED_IMAGE,
                new TiffFile(2, 2, 8, 4, 5, data).with(332, 2).build());
    }

    @ParameterizedTest
    @CsvSource({",false", "LZW,false", "Deflate,true", "PackBits,false", "JPEG,false"})
    void refusesAFileCutAnywhere(String compression, boolean tiled) {
        byte[] whole =
                TestImages.tiff(TestImages.image(grey, WIDTH, HEIGHT, 1), compression, ByteOrder.LITTLE_ENDIAN, tiled);
        // The last bytes may be padding behind everything that is pointed to.
        for (int length = 4; length < whole.length - 16; length += 3) {
            refusal(ErrorCode.NOT_AN_IMAGE, Arrays.copyOf(whole, length));
        }
    }

    @ParameterizedTest
    @CsvSource({"LZW,5", "Deflate,8", "PackBits,32773"})
    void refusesStripsThatUnpackToTooLittle(String compression, int code) {
        byte[] file = TestImages.tiff(TestImages.image(grey, WIDTH, HEIGHT, 1), compression);
        byte[] compressed = strip(file);
        int rows = (int) tag(file, 278);
        decode(new TiffFile(WIDTH, rows, 8, 1, 1, compressed).with(259, code).build());
        for (double part : new double[] {0.1, 0.5, 0.95}) {
            byte[] cut = Arrays.copyOf(compressed, (int) (compressed.length * part));
            refusal(
                    ErrorCode.NOT_AN_IMAGE,
                    new TiffFile(WIDTH, rows, 8, 1, 1, cut).with(259, code).build());
        }
    }

    @Test
    void refusesStripsThatAreMissingOrOutsideTheFile() {
        byte[] data = new byte[16];
        assertThat(refusal(
                        ErrorCode.NOT_AN_IMAGE,
                        new TiffFile(4, 4, 8, 1, 1, data).with(273, 1_000_000).build()))
                .contains("truncated");
        refusal(
                ErrorCode.NOT_AN_IMAGE,
                new TiffFile(4, 4, 8, 1, 1, data).with(279, 15).build());
        refusal(
                ErrorCode.NOT_AN_IMAGE,
                new TiffFile(4, 4, 8, 1, 1, data).with(278, 1).build());
        refusal(
                ErrorCode.NOT_AN_IMAGE,
                new TiffFile(4, 4, 8, 1, 1, data).with(278, 0).build());
        refusal(
                ErrorCode.NOT_AN_IMAGE,
                new TiffFile(4, 4, 8, 1, 1, data).without(273).build());
        refusal(ErrorCode.NOT_AN_IMAGE, new TiffFile(0, 4, 8, 1, 1, data).build());
        refusal(
                ErrorCode.NOT_AN_IMAGE,
                new TiffFile(4, 4, 8, 1, 1, data).with(259, 5).with(279, 0).build());
        refusal(
                ErrorCode.NOT_AN_IMAGE,
                new TiffFile(4, 4, 8, 1, 1, data)
                        .with(324, 16)
                        .with(325, 16)
                        .with(322, 1)
                        .with(323, 1)
                        .build());
    }

    /** The compressed bytes of the first strip. */
    private static byte[] strip(byte[] file) {
        int from = (int) tag(file, 273);
        return Arrays.copyOfRange(file, from, from + (int) tag(file, 279));
    }

    private static long tag(byte[] file, int tag) {
        try {
            return TiffDirectory.first(file, 0, file.length).integer(tag, 0);
        } catch (TiffDirectory.Malformed e) {
            throw new AssertionError(e);
        }
    }

    private static int maxDifference(byte[] a, byte[] b) {
        assertThat(a).hasSameSizeAs(b);
        int max = 0;
        for (int i = 0; i < a.length; i++) {
            max = Math.max(max, Math.abs((a[i] & 0xff) - (b[i] & 0xff)));
        }
        return max;
    }
}
