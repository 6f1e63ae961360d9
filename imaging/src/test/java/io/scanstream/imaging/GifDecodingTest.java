package io.scanstream.imaging;

import static io.scanstream.imaging.Decoding.assertPixels;
import static io.scanstream.imaging.Decoding.decode;
import static io.scanstream.imaging.Decoding.refusal;
import static org.assertj.core.api.Assertions.assertThat;

import io.scanstream.contracts.ErrorCode;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GifDecodingTest {
    private static final int WIDTH = 40;
    private static final int HEIGHT = 30;

    private final int[] palette =
            new Random(5).ints(256).map(rgb -> rgb | 0xff000000).toArray();
    private final byte[] indices = TestImages.pixels(WIDTH, HEIGHT, 1, 3);

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void givesBackWhatWasWritten(boolean interlaced) {
        byte[] expected = new byte[indices.length * 3];
        for (int i = 0; i < indices.length; i++) {
            for (int c = 0; c < 3; c++) {
                expected[3 * i + c] = (byte) (palette[indices[i] & 0xff] >> (16 - 8 * c));
            }
        }

        Image image = decode(TestImages.gif(TestImages.indexed(indices, WIDTH, HEIGHT, 8, palette), interlaced));

        assertPixels(image, WIDTH, HEIGHT, 3, expected);
        assertThat(image.warnings()).isEmpty();
    }

    @Test
    void compositesTransparencyAndTheEmptyScreenOnWhite() {
        // Codes: clear, 1, 0, 1 of 3 bits, 0 and end of 4. The frame sits in columns 1 and 2; colour 0 is transparent.
        Image image = decode(gif(4, 2, 1, 0, 2, 2, 0, new byte[] {0x0c, 0x02, 0x05}));

        byte[] row = {-1, -1, -1, 40, 50, 60, -1, -1, -1, -1, -1, -1};
        assertThat(image).hasToString("GIF 4x2x3");
        assertThat(Arrays.copyOf(image.pixels(), 12)).isEqualTo(row);
        assertThat(Arrays.copyOfRange(image.pixels(), 12, 24)).isEqualTo(row);
    }

    @Test
    void usesTheFirstFrameAndSaysSo() {
        byte[] one = TestImages.gif(TestImages.indexed(indices, WIDTH, HEIGHT, 8, palette), false);
        ByteArrayOutputStream two = new ByteArrayOutputStream();
        two.write(one, 0, one.length - 1);
        // A second frame of enormous extents, cut off: none of our business.
        two.writeBytes(new byte[] {0x21, (byte) 0xf9, 4, 0, 0, 0, 0, 0, 0x2c, 0, 0, 0, 0, -1, -1, -1, -1, 0});

        Image image = decode(two.toByteArray());

        assertThat(image.pixels()).isEqualTo(decode(one).pixels());
        assertThat(image.warnings()).containsExactly("Animated GIF: only the first frame is used.");
    }

    @Test
    void refusesAFileCutAnywhere() {
        byte[] whole = TestImages.gif(TestImages.indexed(indices, WIDTH, HEIGHT, 8, palette), false);
        // The last byte is the trailer, behind the whole frame.
        for (int length = 6; length < whole.length - 1; length++) {
            assertThat(refusal(ErrorCode.NOT_AN_IMAGE, Arrays.copyOf(whole, length)))
                    .as("cut at %d of %d", length, whole.length)
                    .contains("truncated");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void refusesDataThatEndsEarlyInAWellFormedFile(boolean interlaced) {
        byte[] whole = TestImages.gif(TestImages.indexed(indices, WIDTH, HEIGHT, 8, palette), interlaced);
        int firstBlock = indexOfFrame(whole) + 11 + localPaletteBytes(whole);
        for (int kept = 1; kept < 250; kept += 13) {
            ByteArrayOutputStream cut = new ByteArrayOutputStream();
            cut.write(whole, 0, firstBlock);
            cut.write(kept);
            cut.write(whole, firstBlock + 1, kept);
            cut.writeBytes(new byte[] {0, 0x3b});
            refusal(ErrorCode.NOT_AN_IMAGE, cut.toByteArray());
        }
    }

    @Test
    void refusesFramesWithoutSizeOrPalette() {
        refusal(ErrorCode.NOT_AN_IMAGE, gif(4, 2, 0, 0, 0, 2, -1, new byte[] {0x4c}));
        byte[] empty = gif(4, 2, 0, 0, 2, 2, -1, new byte[] {0x4c});
        empty[6] = 0;
        refusal(ErrorCode.NOT_AN_IMAGE, empty);
        byte[] bare = gif(4, 2, 0, 0, 2, 2, -1, new byte[] {0x4c});
        bare[10] = 0;
        refusal(ErrorCode.NOT_AN_IMAGE, bare);
    }

    /** Two colours, (10, 20, 30) and (40, 50, 60), and one block of codes. */
    private static byte[] gif(
            int screenWidth, int screenHeight, int x, int y, int width, int height, int transparent, byte[] codes) {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        file.writeBytes(new byte[] {'G', 'I', 'F', '8', '9', 'a', (byte) screenWidth, 0, (byte) screenHeight, 0});
        file.writeBytes(new byte[] {(byte) 0x80, 0, 0, 10, 20, 30, 40, 50, 60});
        if (transparent >= 0) {
            file.writeBytes(new byte[] {0x21, (byte) 0xf9, 4, 1, 0, 0, (byte) transparent, 0});
        }
        file.writeBytes(new byte[] {0x2c, (byte) x, 0, (byte) y, 0, (byte) width, 0, (byte) height, 0, 0, 2});
        file.write(codes.length);
        file.writeBytes(codes);
        file.writeBytes(new byte[] {0, 0x3b});
        return file.toByteArray();
    }

    private static int indexOfFrame(byte[] gif) {
        int at = 13 + ((gif[10] & 0x80) == 0 ? 0 : 3 * (2 << (gif[10] & 7)));
        while (gif[at] != 0x2c) {
            at += 2;
            while (gif[at] != 0) {
                at += 1 + (gif[at] & 0xff);
            }
            at++;
        }
        return at;
    }

    private static int localPaletteBytes(byte[] gif) {
        int flags = gif[indexOfFrame(gif) + 9];
        return (flags & 0x80) == 0 ? 0 : 3 * (2 << (flags & 7));
    }
}
