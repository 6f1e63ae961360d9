package io.scanstream.imaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Damaged files of every format: whatever the bytes, decoding ends, in bounded memory, with an image or with a refusal.
 * {@code -Dscanstream.fuzz.rounds=100000 -Dscanstream.fuzz.seed=7} looks longer and elsewhere.
 */
class FuzzTest {
    private static final int ROUNDS = Integer.getInteger("scanstream.fuzz.rounds", 500);
    private static final long SEED = Long.getLong("scanstream.fuzz.seed", 1);
    private static final long FRUGAL_BYTES = 100_000_000;
    private static final Set<ErrorCode> REFUSALS =
            Set.of(ErrorCode.NOT_AN_IMAGE, ErrorCode.UNSUPPORTED_IMAGE, ErrorCode.TOO_LARGE);

    private final ImageDecoder decoder = new ImageDecoder(new DecodeLimits(1 << 20, 4_000_000, 4_000));

    static Stream<String> files() {
        return samples().keySet().stream();
    }

    @ParameterizedTest
    @MethodSource("files")
    @Timeout(value = 30, unit = TimeUnit.MINUTES)
    void endsWithAnImageOrARefusal(String name) {
        byte[] whole = samples().getOrDefault(name, new byte[0]);
        Random random = new Random(SEED * 1000 + name.hashCode());
        decoder.decode(whole);
        int refused = 0;
        for (int round = 0; round < ROUNDS; round++) {
            byte[] damaged = damage(whole, random);
            if (name.endsWith("with right checksums")) {
                repairChecksums(damaged);
            }
            String where = name + ", seed " + SEED + ", round " + round;
            boolean[] wasRefused = {false};
            long allocated = AllocatedBytes.during(() -> wasRefused[0] = isRefused(damaged, where));
            refused += wasRefused[0] ? 1 : 0;
            assertThat(allocated).as(where).isLessThan(FRUGAL_BYTES);
        }
        assertThat(refused).as("%s: no damage was noticed", name).isPositive();
    }

    private boolean isRefused(byte[] damaged, String where) {
        try {
            Image image = decoder.decode(damaged);
            assertThat(image.pixels()).as(where).hasSize(image.widthPx() * image.heightPx() * image.channels());
            return false;
        } catch (ScanstreamException e) {
            assertThat(REFUSALS).as(where).contains(e.code());
            assertThat(e.getMessage()).as(where).isNotBlank();
            return true;
        } catch (RuntimeException | Error e) {
            return fail(where + " threw " + e, e);
        }
    }

    private static byte[] damage(byte[] whole, Random random) {
        byte[] damaged = whole.clone();
        int changes = 1 + random.nextInt(6);
        for (int i = 0; i < changes; i++) {
            // Headers decide more than pixels do: half of the changes go there.
            int reach = random.nextBoolean() ? damaged.length : Math.min(damaged.length, 200);
            int at = random.nextInt(reach);
            switch (random.nextInt(6)) {
                case 0 -> damaged[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> damaged[at] = (byte) random.nextInt(256);
                case 2 -> damaged[at] = (byte) (random.nextBoolean() ? 0 : 255);
                case 3 -> Arrays.fill(damaged, at, Math.min(damaged.length, at + random.nextInt(9)), (byte) -1);
                case 4 -> {
                    int from = random.nextInt(damaged.length);
                    int length = Math.min(random.nextInt(32), damaged.length - Math.max(at, from));
                    System.arraycopy(damaged, from, damaged, at, length);
                }
                default -> {
                    if (random.nextInt(4) == 0) {
                        damaged = Arrays.copyOf(damaged, 1 + at);
                    }
                }
            }
        }
        return damaged;
    }

    /** Otherwise hardly any damage to a PNG gets past its checksums. */
    private static void repairChecksums(byte[] png) {
        ByteBuffer file = ByteBuffer.wrap(png);
        int at = 8;
        while (at + 12 <= png.length) {
            int length = file.getInt(at);
            if (length < 0 || at + 12L + length > png.length) {
                return;
            }
            CRC32 crc = new CRC32();
            crc.update(png, at + 4, length + 4);
            file.putInt(at + 8 + length, (int) crc.getValue());
            at += 12 + length;
        }
    }

    private static Map<String, byte[]> samples() {
        byte[] rgb = TestImages.pixels(40, 31, 3, 1);
        byte[] grey = TestImages.pixels(40, 31, 1, 2);
        byte[] bits = new byte[40 * 31];
        for (int i = 0; i < bits.length; i++) {
            bits[i] = (byte) (grey[i] >> 4 & 1);
        }
        int[] palette =
                new Random(3).ints(256).map(colour -> colour | 0xff000000).toArray();
        Map<String, byte[]> files = new LinkedHashMap<>();
        files.put("jpeg", TestImages.jpeg(rgb, 40, 31, 3));
        files.put("grey jpeg", TestImages.jpeg(grey, 40, 31, 1));
        files.put("progressive jpeg", TestImages.progressiveJpeg(rgb, 40, 31, 3));
        files.put(
                "jpeg with exif",
                JpegDecodingTest.withSegment(TestImages.jpeg(rgb, 40, 31, 3), 0xe1, JpegDecodingTest.exif(6)));
        files.put("png", TestImages.png(TestImages.image(rgb, 40, 31, 3)));
        files.put("interlaced png", TestImages.interlacedPng(TestImages.image(grey, 40, 31, 1)));
        files.put("palette png", TestImages.png(TestImages.indexed(grey, 40, 31, 8, palette)));
        files.put("png with right checksums", TestImages.png(TestImages.image(rgb, 40, 31, 3)));
        files.put(
                "16 bit png with right checksums",
                TestImages.interlacedPng(TestImages.image(new short[40 * 31 * 4], 40, 31, 4)));
        files.put(
                "palette png with right checksums",
                TestImages.png(TestImages.indexed(bits, 40, 31, 1, new int[] {0xff000000, 0x80ff0000})));
        files.put("gif", TestImages.gif(TestImages.indexed(grey, 40, 31, 8, palette), false));
        files.put("interlaced gif", TestImages.gif(TestImages.indexed(grey, 40, 31, 8, palette), true));
        files.put("bmp", TestImages.bmp(TestImages.image(rgb, 40, 31, 3)));
        files.put("palette bmp", TestImages.bmp(TestImages.indexed(bits, 40, 31, 1, new int[] {0xff000000, -1})));
        for (String compression : new String[] {"LZW", "Deflate", "PackBits", "JPEG"}) {
            files.put("tiff " + compression, TestImages.tiff(TestImages.image(rgb, 40, 31, 3), compression));
        }
        for (String compression : new String[] {"CCITT RLE", "CCITT T.4", "CCITT T.6"}) {
            files.put(
                    "tiff " + compression,
                    TestImages.tiff(TestImages.indexed(bits, 40, 31, 1, new int[] {0xff000000, -1}), compression));
        }
        files.put("tiled tiff", TestImages.tiff(TestImages.image(rgb, 40, 31, 3), "LZW", ByteOrder.BIG_ENDIAN, true));
        files.put("plain tiff", new TiffFile(40, 31, 8, 3, 2, rgb).build());
        files.put(
                "planar tiff",
                new TiffFile(40, 31, 8, 3, 2, rgb)
                        .with(284, 2)
                        .with(273, 16, 1256, 2496)
                        .with(279, 1240, 1240, 1240)
                        .build());
        files.put("12 bit tiff", new TiffFile(40, 31, 12, 1, 1, rgb).build());
        files.put("big tiff", new TiffFile(40, 31, 8, 3, 2, rgb).bigTiff().build());
        files.put("ink tiff", new TiffFile(31, 30, 8, 4, 5, rgb).build());
        return files;
    }
}
