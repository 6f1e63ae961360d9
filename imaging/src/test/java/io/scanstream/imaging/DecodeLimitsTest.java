package io.scanstream.imaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DecodeLimitsTest {
    private static final long FRUGAL_BYTES = 2_000_000;

    /** A file of each format that declares {@code side} x {@code side} pixels and holds none. */
    private static Map<ImageFormat, byte[]> hollow(int side) {
        byte[] png = PngDecodingTest.assemble(
                PngDecodingTest.chunk("IHDR", PngDecodingTest.header(side, side, 8, 6)),
                PngDecodingTest.chunk("IDAT", PngDecodingTest.deflate(new byte[100])));
        byte[] jpeg = TestImages.jpeg(TestImages.pixels(16, 16, 3, 1), 16, 16, 3);
        int frame = 0;
        while (jpeg[frame] != (byte) 0xff || jpeg[frame + 1] != (byte) 0xc0) {
            frame++;
        }
        ByteBuffer.wrap(jpeg).putShort(frame + 5, (short) side).putShort(frame + 7, (short) side);
        byte[] gif = TestImages.gif(TestImages.indexed(new byte[4], 2, 2, 8, new int[256]), false);
        ByteBuffer.wrap(gif)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putShort(6, (short) side)
                .putShort(8, (short) side);
        byte[] bmp = TestImages.bmp(TestImages.image(new byte[12], 2, 2, 3));
        ByteBuffer.wrap(bmp).order(ByteOrder.LITTLE_ENDIAN).putInt(18, side).putInt(22, side);
        return Map.of(
                ImageFormat.PNG,
                png,
                ImageFormat.JPEG,
                jpeg,
                ImageFormat.GIF,
                gif,
                ImageFormat.BMP,
                bmp,
                ImageFormat.TIFF,
                new TiffFile(side, side, 16, 3, 2, new byte[100]).build());
    }

    @Test
    void refusesGigapixelsOnTheHeaderWithoutAllocatingThem() {
        hollow(65_000).forEach((format, file) -> {
            long allocated = AllocatedBytes.during(() -> assertThat(Decoding.refusal(ErrorCode.TOO_LARGE, file))
                    .as("%s", format)
                    .contains("65000"));
            assertThat(allocated).as("%s", format).isLessThan(FRUGAL_BYTES);
        });
    }

    @Test
    void doesNotAllocateForPixelsThatTheFileCannotHold() {
        // 81 megapixels are allowed; a few bytes do not hold them. JPEG and GIF need to be decoded to know.
        Map<ImageFormat, byte[]> files = hollow(9_000);
        for (ImageFormat format : new ImageFormat[] {ImageFormat.PNG, ImageFormat.BMP, ImageFormat.TIFF}) {
            byte[] file = files.getOrDefault(format, new byte[0]);
            long allocated = AllocatedBytes.during(() -> Decoding.refusal(ErrorCode.NOT_AN_IMAGE, file));
            assertThat(allocated).as("%s", format).isLessThan(FRUGAL_BYTES);
        }
    }

    @Test
    void refusesBySideByAreaAndByBytes() {
        byte[] file = TestImages.png(TestImages.image(new byte[200], 20, 10, 1));

        assertThat(new ImageDecoder(new DecodeLimits(10_000, 200, 20)).decode(file))
                .hasToString("PNG 20x10x1");
        assertThat(Decoding.refusal(ErrorCode.TOO_LARGE, file, new ImageDecoder(new DecodeLimits(10_000, 200, 19))))
                .contains("20x10 pixels declared, 19 a side");
        assertThat(Decoding.refusal(ErrorCode.TOO_LARGE, file, new ImageDecoder(new DecodeLimits(10_000, 199, 20))))
                .contains("199 in all");
        assertThat(Decoding.refusal(ErrorCode.TOO_LARGE, file, new ImageDecoder(new DecodeLimits(50, 200, 20))))
                .contains("50 are allowed");
    }

    @Test
    void refusesWhatThisHeapCouldNotHold() {
        DecodeLimits wide = new DecodeLimits(1 << 20, 700_000_000L, 1 << 20);
        int side = (int) Math.min(26_000, Math.sqrt(Runtime.getRuntime().maxMemory() / 6.0));

        assertThat(Decoding.refusal(
                        ErrorCode.TOO_LARGE,
                        PngDecodingTest.assemble(
                                PngDecodingTest.chunk("IHDR", PngDecodingTest.header(side, side, 16, 6)),
                                PngDecodingTest.chunk("IDAT", new byte[(int) ((long) side * side * 8 / 1000)])),
                        new ImageDecoder(new DecodeLimits(64 << 20, wide.maxPixels(), wide.maxSidePx()))))
                .contains("MiB");
    }

    @Test
    void refusesEndlessTiffStrips() {
        byte[] data = new byte[1000];
        long[] offsets = new long[100_000];
        byte[] file = new TiffFile(1, 1, 8, 1, 1, data)
                .with(273, offsets)
                .with(279, offsets)
                .with(278, 1)
                .build();

        long allocated = AllocatedBytes.during(() -> Decoding.refusal(ErrorCode.NOT_AN_IMAGE, file));

        assertThat(allocated).isLessThan(FRUGAL_BYTES);
    }

    @Test
    void refusesTooManyTiffTiles() {
        byte[] file = new TiffFile(8_000, 8_000, 8, 1, 1, new byte[1000])
                .with(322, 16)
                .with(323, 16)
                .with(324, 16)
                .with(325, 256)
                .build();

        assertThat(Decoding.refusal(ErrorCode.TOO_LARGE, file)).contains("250000 strips or tiles");
    }

    @Test
    void areAtLeastOneAndFitIntoAnArray() {
        assertThat(DecodeLimits.defaults()).isEqualTo(new DecodeLimits(64L << 20, 100_000_000L, 32_768));
        for (long[] bad : new long[][] {{0, 1, 1}, {1, 0, 1}, {1, 1, 0}, {1, 700_000_001L, 1}}) {
            assertThatThrownBy(() -> new DecodeLimits(bad[0], bad[1], (int) bad[2]))
                    .isInstanceOf(ScanstreamException.class)
                    .hasMessageStartingWith("limits.");
        }
    }
}
