package io.scanstream.imaging;

import static io.scanstream.imaging.Decoding.decode;
import static io.scanstream.imaging.Decoding.refusal;
import static org.assertj.core.api.Assertions.assertThat;

import io.scanstream.contracts.ErrorCode;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JpegDecodingTest {
    private static final int WIDTH = 61;
    private static final int HEIGHT = 43;

    /** 8x8, made with Pillow: C=0 M=255 Y=255 K=0 (red), stored inverted behind an Adobe marker, quality 100. */
    private static final String CMYK_RED =
            "/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwABAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB"
                    + "AQEBAQEBAQEBAQEBAQEB/8AAFAgACAAIBEMRAE0RAFkRAEsRAP/EAB8AAAEFAQEBAQEBAAAAAAAAAAABAgMEBQYHCAkKC//E"
                    + "ALUQAAIBAwMCBAMFBQQEAAABfQECAwAEEQUSITFBBhNRYQcicRQygZGhCCNCscEVUtHwJDNicoIJChYXGBkaJSYnKCkqNDU2"
                    + "Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6g4SFhoeIiYqSk5SVlpeYmZqio6Slpqeoqaqys7S1tre4ubrC"
                    + "w8TFxsfIycrS09TV1tfY2drh4uPk5ebn6Onq8fLz9PX29/j5+v/aAA4EQwBNAFkASwAAPwD+/iv8/wDr/P8A6/v4r//Z";

    private final byte[] rgb = TestImages.pixels(WIDTH, HEIGHT, 3, 1);
    private final byte[] grey = TestImages.pixels(WIDTH, HEIGHT, 1, 1);
    private final byte[] colourFile = TestImages.jpeg(rgb, WIDTH, HEIGHT, 3);
    private final byte[] greyFile = TestImages.jpeg(grey, WIDTH, HEIGHT, 1);

    @Test
    void decodesColourWithinWhatTheCodingLoses() {
        Image image = decode(colourFile);

        assertThat(image).hasToString("JPEG 61x43x3");
        assertThat(image.warnings()).isEmpty();
        assertThat(meanDifference(image.pixels(), rgb)).isLessThan(8.0);
    }

    @Test
    void keepsGreyValuesAsTheyAre() {
        // Java's own grey is linear light: through a colour conversion, 128 would come back as 188.
        byte[] flat = new byte[64 * 64];
        for (int value : new int[] {0, 1, 50, 128, 200, 255}) {
            Arrays.fill(flat, (byte) value);
            Image image = decode(TestImages.jpeg(flat, 64, 64, 1));
            assertThat(image.channels()).isEqualTo(1);
            assertThat(image.pixels()).containsOnly(value);
        }
        assertThat(meanDifference(decode(greyFile).pixels(), grey)).isLessThan(4.0);
    }

    @Test
    void decodesProgressiveToTheSamePixels() {
        byte[] progressive = TestImages.progressiveJpeg(rgb, WIDTH, HEIGHT, 3);

        assertThat(progressive).isNotEqualTo(colourFile);
        assertThat(decode(progressive).pixels()).isEqualTo(decode(colourFile).pixels());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void refusesAFileCutAnywhere(boolean progressive) {
        byte[] whole = progressive ? TestImages.progressiveJpeg(rgb, WIDTH, HEIGHT, 3) : colourFile;
        for (int length = 3; length < whole.length; length++) {
            assertThat(refusal(ErrorCode.NOT_AN_IMAGE, Arrays.copyOf(whole, length)))
                    .as("cut at %d of %d", length, whole.length)
                    .contains("truncated");
        }
    }

    @Test
    void refusesAFileWhoseMissingDataIsHiddenBehindAnEndMarker() {
        // What "repair" tools make of a cut file: the codec fills the rest with grey, and only warns.
        byte[] whole = TestImages.jpeg(TestImages.pixels(200, 160, 3, 3), 200, 160, 3);
        int scan = indexOf(whole, 0xda) + 14;
        for (int length = scan; length < whole.length - 6; length += 7) {
            byte[] cut = Arrays.copyOf(whole, length + 2);
            cut[length] = (byte) 0xff;
            cut[length + 1] = (byte) 0xd9;
            assertThat(refusal(ErrorCode.NOT_AN_IMAGE, cut))
                    .as("cut at %d of %d", length, whole.length)
                    .containsAnyOf("truncated", "damaged");
        }
    }

    @Test
    void refusesProgressiveWithoutTheScansOfAComponent() {
        byte[] whole = TestImages.progressiveJpeg(rgb, WIDTH, HEIGHT, 3);
        // A first scan for one component only, and nothing behind it.
        int second = indexOf(whole, 0xda, indexOf(whole, 0xda) + 2);
        byte[] cut = Arrays.copyOf(whole, second + 2);
        cut[second + 1] = (byte) 0xd9;
        cut[indexOf(whole, 0xda) + 4] = 1;

        refusal(ErrorCode.NOT_AN_IMAGE, cut);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
    void turnsTheImageUprightByExif(int orientation) {
        byte[] upright = decode(colourFile).pixels();

        Image image = decode(withSegment(colourFile, 0xe1, exif(orientation)));

        boolean turned = orientation >= 5;
        assertThat(image.widthPx()).isEqualTo(turned ? HEIGHT : WIDTH);
        assertThat(image.heightPx()).isEqualTo(turned ? WIDTH : HEIGHT);
        assertThat(image.pixels())
                .isEqualTo(Orientation.upright(new Pixels(WIDTH, HEIGHT, 3, upright), orientation)
                        .data());
        assertThat(image.warnings()).isEmpty();
    }

    @Test
    void ignoresMalformedExifAndSaysSo() {
        byte[] rubbish = "Exif\0\0MM\0*XXXX".getBytes(StandardCharsets.ISO_8859_1);

        Image image = decode(withSegment(colourFile, 0xe1, rubbish));

        assertThat(image.pixels()).isEqualTo(decode(colourFile).pixels());
        assertThat(image.warnings()).singleElement().asString().contains("Malformed EXIF was ignored");
        assertThat(decode(withSegment(colourFile, 0xe1, exif(9))).warnings())
                .singleElement()
                .asString()
                .contains("orientation 9");
    }

    @Test
    void ignoresProfilesAndSurplusSegments() {
        byte[] profile = "ICC_PROFILE\0\1\1not a profile at all".getBytes(StandardCharsets.ISO_8859_1);
        byte[] file = withSegment(withSegment(colourFile, 0xe2, profile), 0xfe, new byte[40_000]);

        assertThat(decode(file).pixels()).isEqualTo(decode(colourFile).pixels());
    }

    @Test
    void stepsOverStrayBytesBetweenSegmentsAndSaysSo() {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        int tables = indexOf(colourFile, 0xdb);
        file.write(colourFile, 0, tables);
        file.writeBytes(new byte[] {1, 2, 3});
        file.write(colourFile, tables, colourFile.length - tables);

        Image image = decode(file.toByteArray());

        assertThat(image.pixels()).isEqualTo(decode(colourFile).pixels());
        assertThat(image.warnings()).singleElement().asString().contains("3 stray bytes");
    }

    @Test
    void readsWhatFollowsTheEndMarkerAsNoneOfItsBusiness() {
        byte[] file = Arrays.copyOf(colourFile, colourFile.length + 5000);

        assertThat(decode(file).pixels()).isEqualTo(decode(colourFile).pixels());
    }

    @Test
    void convertsInksToLightWithTheRightPolarity() {
        byte[] red = Base64.getDecoder().decode(CMYK_RED);

        Image image = decode(red);

        assertThat(image).hasToString("JPEG 8x8x3");
        for (int p = 0; p < image.pixels().length; p += 3) {
            assertThat(image.pixels()[p] & 0xff).isGreaterThan(250);
            assertThat(image.pixels()[p + 1] & 0xff).isLessThan(5);
            assertThat(image.pixels()[p + 2] & 0xff).isLessThan(5);
        }
    }

    @Test
    void readsFourComponentsAsYcckWhereAdobeSaysSo() {
        byte[] cmyk = Base64.getDecoder().decode(CMYK_RED);
        int adobe = new String(cmyk, StandardCharsets.ISO_8859_1).indexOf("Adobe");
        cmyk[adobe + 11] = 2;

        // Stored is (255, 0, 0, 255): Y=255, Cb=0, Cr=0. By YCC that is (76, 255, 28), its complements are inks,
        // inverted.
        Image image = decode(cmyk);

        assertThat(image.pixels()).startsWith((byte) 179, (byte) 0, (byte) 227);
    }

    @Test
    void readsThreeComponentsAsTheyAreWhereAdobeOrTheirNamesSaySo() {
        byte[] flat = new byte[16 * 16 * 3];
        for (int i = 0; i < flat.length; i += 3) {
            flat[i] = (byte) 255;
        }
        // Without JFIF, which always means YCbCr. Red is (76, 85, 255) in YCbCr.
        byte[] file = TestImages.jpeg(flat, 16, 16, 3);
        byte[] bare = Arrays.copyOfRange(file, indexOf(file, 0xdb) - 2, file.length);
        bare[0] = (byte) 0xff;
        bare[1] = (byte) 0xd8;
        byte[] adobe = {'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0, 0};

        assertThat(decode(bare).pixels()).startsWith((byte) 254, (byte) 0, (byte) 0);
        assertThat(decode(withSegment(bare, 0xee, adobe)).pixels()).startsWith((byte) 76, (byte) 85, (byte) 255);

        int frame = indexOf(bare, 0xc0);
        int scan = indexOf(bare, 0xda);
        byte[] named = bare.clone();
        for (int c = 0; c < 3; c++) {
            named[frame + 10 + 3 * c] = (byte) "RGB".charAt(c);
            named[scan + 5 + 2 * c] = (byte) "RGB".charAt(c);
        }
        assertThat(decode(named).pixels()).startsWith((byte) 76, (byte) 85, (byte) 255);
    }

    @Test
    void refusesCodingsByName() {
        int frame = indexOf(colourFile, 0xc0);

        assertThat(refusal(ErrorCode.UNSUPPORTED_IMAGE, with(colourFile, frame + 1, 0xc3)))
                .contains("SOF3");
        assertThat(refusal(ErrorCode.UNSUPPORTED_IMAGE, with(colourFile, frame + 1, 0xc9)))
                .contains("SOF9");
        assertThat(refusal(ErrorCode.UNSUPPORTED_IMAGE, with(colourFile, frame + 4, 12)))
                .contains("12 bits");
        assertThat(refusal(ErrorCode.UNSUPPORTED_IMAGE, with(with(colourFile, frame + 5, 0), frame + 6, 0)))
                .contains("DNL");
        assertThat(refusal(ErrorCode.NOT_AN_IMAGE, with(with(colourFile, frame + 7, 0), frame + 8, 0)))
                .contains("width");
    }

    @Test
    void refusesScansWithoutEnd() {
        byte[] progressive = TestImages.progressiveJpeg(grey, WIDTH, HEIGHT, 1);
        int scan = indexOf(progressive, 0xda);
        int end = indexOf(progressive, 0xff, scan + 10);
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        file.write(progressive, 0, scan);
        for (int i = 0; i < 101; i++) {
            file.write(progressive, scan, end - scan);
        }
        file.writeBytes(new byte[] {(byte) 0xff, (byte) 0xd9});

        assertThat(refusal(ErrorCode.TOO_LARGE, file.toByteArray())).contains("scans");
    }

    /** An APP1 payload with one tag: the orientation. */
    static byte[] exif(int orientation) {
        return new byte[] {
            'E',
            'x',
            'i',
            'f',
            0,
            0,
            'M',
            'M',
            0,
            42,
            0,
            0,
            0,
            8,
            0,
            1,
            1,
            0x12,
            0,
            3,
            0,
            0,
            0,
            1,
            0,
            (byte) orientation,
            0,
            0,
            0,
            0,
            0,
            0
        };
    }

    static byte[] withSegment(byte[] jpeg, int marker, byte[] payload) {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        file.write(jpeg, 0, 2);
        file.write(0xff);
        file.write(marker);
        file.write((payload.length + 2) >> 8);
        file.write(payload.length + 2);
        file.writeBytes(payload);
        file.write(jpeg, 2, jpeg.length - 2);
        return file.toByteArray();
    }

    private static byte[] with(byte[] bytes, int at, int value) {
        byte[] changed = bytes.clone();
        changed[at] = (byte) value;
        return changed;
    }

    /** The position of FF of a marker; for FF itself, of the first marker that is not a stuffed zero. */
    private static int indexOf(byte[] jpeg, int marker, int from) {
        for (int i = from; i + 1 < jpeg.length; i++) {
            boolean found = marker == 0xff ? jpeg[i + 1] != 0 : (jpeg[i + 1] & 0xff) == marker;
            if (jpeg[i] == (byte) 0xff && found) {
                return i;
            }
        }
        throw new AssertionError("no marker " + marker);
    }

    private static int indexOf(byte[] jpeg, int marker) {
        return indexOf(jpeg, marker, 0);
    }

    private static double meanDifference(byte[] a, byte[] b) {
        assertThat(a).hasSameSizeAs(b);
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += Math.abs((a[i] & 0xff) - (b[i] & 0xff));
        }
        return sum / a.length;
    }
}
