package io.scanstream.imaging;

import static io.scanstream.imaging.Decoding.assertPixels;
import static io.scanstream.imaging.Decoding.decode;
import static io.scanstream.imaging.Decoding.refusal;
import static org.assertj.core.api.Assertions.assertThat;

import io.scanstream.contracts.ErrorCode;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class BmpDecodingTest {
    private static final int WIDTH = 13;
    private static final int HEIGHT = 7;

    @Test
    void givesBackWhatWasWritten() {
        byte[] rgb = TestImages.pixels(WIDTH, HEIGHT, 3, 1);
        assertPixels(decode(TestImages.bmp(TestImages.image(rgb, WIDTH, HEIGHT, 3))), WIDTH, HEIGHT, 3, rgb);

        byte[] grey = TestImages.pixels(WIDTH, HEIGHT, 1, 1);
        int[] ramp = new int[256];
        Arrays.setAll(ramp, i -> 0xff000000 | i * 0x010101);
        assertPixels(decode(TestImages.bmp(TestImages.indexed(grey, WIDTH, HEIGHT, 8, ramp))), WIDTH, HEIGHT, 1, grey);

        int[] two = {0xffffffff, 0xff102030};
        byte[] bits = {0, 1, 1, 0};
        byte[] expected = {-1, -1, -1, 0x10, 0x20, 0x30, 0x10, 0x20, 0x30, -1, -1, -1};
        assertPixels(decode(TestImages.bmp(TestImages.indexed(bits, 2, 2, 1, two))), 2, 2, 3, expected);
    }

    @Test
    void readsRowsTopDownWhereTheHeightIsNegative() {
        byte[] pixels = {1, 2, 3, 0, 4, 5, 6, 0};

        assertPixels(decode(bmp(1, 2, 24, 0, pixels)), 1, 2, 3, new byte[] {6, 5, 4, 3, 2, 1});
        assertPixels(decode(bmp(1, -2, 24, 0, pixels)), 1, 2, 3, new byte[] {3, 2, 1, 6, 5, 4});
    }

    @Test
    void readsSixteenAndThirtyTwoBits() {
        byte[] rgb555 = {(byte) 0x1f, 0x7c, 0, 0};
        assertPixels(decode(bmp(1, 1, 16, 0, rgb555)), 1, 1, 3, new byte[] {-1, 0, -1});

        assertPixels(decode(bmp(1, 1, 32, 0, new byte[] {1, 2, 3, 0})), 1, 1, 3, new byte[] {3, 2, 1});

        byte[] rgb565 = bmp(
                1, 1, 16, 3, new byte[] {0, (byte) 0xf8, 0, 0, (byte) 0xe0, 7, 0, 0, 0x1f, 0, 0, 0, (byte) 0xe0, 7, 0, 0
                });
        assertPixels(decode(withPixelsAt(rgb565, 66)), 1, 1, 3, new byte[] {0, -1, 0});
    }

    @Test
    void refusesAFileCutAnywhere() {
        byte[] whole = TestImages.bmp(TestImages.image(TestImages.pixels(WIDTH, HEIGHT, 3, 1), WIDTH, HEIGHT, 3));
        for (int length = 18; length < whole.length - 1; length++) {
            assertThat(refusal(ErrorCode.NOT_AN_IMAGE, Arrays.copyOf(whole, length)))
                    .as("cut at %d of %d", length, whole.length)
                    .contains("truncated");
        }
    }

    @Test
    void refusesCompressionsAndNonsense() {
        assertThat(refusal(ErrorCode.UNSUPPORTED_IMAGE, bmp(4, 4, 8, 1, new byte[64])))
                .contains("compression 1");
        assertThat(refusal(ErrorCode.UNSUPPORTED_IMAGE, bmp(4, 4, 24, 4, new byte[64])))
                .contains("compression 4");
        assertThat(refusal(ErrorCode.NOT_AN_IMAGE, bmp(-4, 4, 24, 0, new byte[64])))
                .contains("-4x4");
        assertThat(refusal(ErrorCode.NOT_AN_IMAGE, bmp(4, Integer.MIN_VALUE, 24, 0, new byte[64])))
                .contains("damaged");
        refusal(ErrorCode.NOT_AN_IMAGE, withPixelsAt(bmp(4, 4, 24, 0, new byte[64]), 10));
        refusal(ErrorCode.NOT_AN_IMAGE, withPixelsAt(bmp(4, 4, 24, 0, new byte[64]), -1));
    }

    private static byte[] bmp(int width, int height, int bits, int compression, byte[] behindHeader) {
        ByteBuffer file = ByteBuffer.allocate(54 + behindHeader.length).order(ByteOrder.LITTLE_ENDIAN);
        file.put((byte) 'B').put((byte) 'M').putInt(file.capacity()).putInt(0).putInt(54);
        file.putInt(40)
                .putInt(width)
                .putInt(height)
                .putShort((short) 1)
                .putShort((short) bits)
                .putInt(compression);
        file.position(54).put(behindHeader);
        return file.array();
    }

    private static byte[] withPixelsAt(byte[] file, int offset) {
        ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).putInt(10, offset);
        return file;
    }
}
