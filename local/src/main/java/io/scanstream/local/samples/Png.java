package io.scanstream.local.samples;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.zip.Adler32;
import java.util.zip.CRC32;

/**
 * Writes 8-bit RGB as PNG (ISO/IEC 15948) in stored, that is uncompressed, deflate blocks. A compressor's bytes differ
 * between versions of zlib, and with them the content hashes that decide a scan's split; noisy patches would gain little
 * from it.
 */
final class Png {
    private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
    private static final int LARGEST_STORED_BLOCK = 65_535;

    private Png() {}

    /**
     * @param pixels {@code [height, width, 3]} RGB, row by row
     */
    static byte[] encode(byte[] pixels, int width, int height) {
        ByteArrayOutputStream file = new ByteArrayOutputStream(pixels.length + 512);
        try (DataOutputStream out = new DataOutputStream(file)) {
            out.write(SIGNATURE);
            chunk(out, "IHDR", header(width, height));
            chunk(out, "IDAT", stored(rows(pixels, width, height)));
            chunk(out, "IEND", new byte[0]);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // a byte array does not fail
        }
        return file.toByteArray();
    }

    private static byte[] header(int width, int height) throws IOException {
        ByteArrayOutputStream header = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(header);
        out.writeInt(width);
        out.writeInt(height);
        out.write(new byte[] {8, 2, 0, 0, 0}); // bits, RGB, deflate, filters by row, not interlaced
        return header.toByteArray();
    }

    /** Each row behind a filter byte: none. */
    private static byte[] rows(byte[] pixels, int width, int height) {
        byte[] rows = new byte[height * (3 * width + 1)];
        for (int y = 0; y < height; y++) {
            System.arraycopy(pixels, y * 3 * width, rows, y * (3 * width + 1) + 1, 3 * width);
        }
        return rows;
    }

    /** A zlib stream (RFC 1950) of stored blocks (RFC 1951, 3.2.4). */
    private static byte[] stored(byte[] data) throws IOException {
        ByteArrayOutputStream stream = new ByteArrayOutputStream(data.length + 64);
        DataOutputStream out = new DataOutputStream(stream);
        out.writeShort(0x7801);
        for (int at = 0; at < data.length; at += LARGEST_STORED_BLOCK) {
            int length = Math.min(LARGEST_STORED_BLOCK, data.length - at);
            out.writeByte(at + length == data.length ? 1 : 0);
            out.writeShort(Short.reverseBytes((short) length));
            out.writeShort(Short.reverseBytes((short) ~length));
            out.write(data, at, length);
        }
        Adler32 check = new Adler32();
        check.update(data);
        out.writeInt((int) check.getValue());
        return stream.toByteArray();
    }

    private static void chunk(DataOutputStream out, String type, byte[] data) throws IOException {
        byte[] name = type.getBytes(StandardCharsets.US_ASCII);
        CRC32 check = new CRC32();
        check.update(name);
        check.update(data);
        out.writeInt(data.length);
        out.write(name);
        out.write(data);
        out.writeInt((int) check.getValue());
    }
}
