package io.scanstream.trainer.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

class HeldArraysTest {
    private static final int IMAGE_BYTES = 16 * 16;

    /** IDX with images of nothing but zeros. */
    private static byte[] images(int count) {
        return ByteBuffer.allocate(16 + count * IMAGE_BYTES)
                .putInt(0x0803)
                .putInt(count)
                .putInt(16)
                .putInt(16)
                .array();
    }

    private static byte[] gzip(byte[] bytes) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
            gzip.write(bytes);
        }
        return packed.toByteArray();
    }

    @Test
    void countsWhatAllFilesUnpackTo() throws IOException {
        HeldArrays held = new HeldArrays(500 * IMAGE_BYTES);
        byte[] packed = gzip(images(200));
        assertThat(packed.length).isLessThan(1000);
        held.read("a-idx3-ubyte.gz", packed);
        held.read("b-idx3-ubyte", images(200));

        for (byte[] third : new byte[][] {packed, images(200)}) {
            assertThatThrownBy(() -> held.read("c-idx3-ubyte", third))
                    .isInstanceOfSatisfying(
                            ScanstreamException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.TOO_LARGE))
                    .hasMessageContaining("c-idx3-ubyte");
        }
        assertThat(held.all()).hasSize(2);
        held.read("d-idx3-ubyte", images(90));
        assertThat(held.all()).hasSize(3);
    }

    @Test
    void aBombIsNotUnpackedBeyondTheRoom() throws IOException {
        byte[] bomb = gzip(images(400_000));
        assertThat(bomb.length).isLessThan(200_000);

        assertThatThrownBy(() -> new HeldArrays(1 << 20).read("x-idx3-ubyte.gz", bomb))
                .isInstanceOfSatisfying(
                        ScanstreamException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.TOO_LARGE));
    }
}
