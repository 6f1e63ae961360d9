package io.scanstream.imaging;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;

/**
 * Writes 8 bit grey and RGB pixels as PNG (ISO/IEC 15948): one IDAT, every row with the Paeth filter, no metadata. The
 * same pixels give the same pixels back; the file's bytes depend on the zlib of the JDK.
 */
public final class PngWriter {
    private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    private static final byte PAETH = 4;

    private PngWriter() {}

    /** The image as a PNG file. */
    public static byte[] encode(Image image) {
        return encode(image.pixels(), image.widthPx(), image.heightPx(), image.channels());
    }

    /**
     * Pixels as a PNG file.
     *
     * @param pixels uint8 {@code [heightPx, widthPx, channels]}, row-major
     * @param channels 1 (grey) or 3 (RGB)
     */
    public static byte[] encode(byte[] pixels, int widthPx, int heightPx, int channels) {
        if (widthPx < 1
                || heightPx < 1
                || (channels != 1 && channels != 3)
                || pixels.length != (long) widthPx * heightPx * channels) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST,
                    "png: " + pixels.length + " bytes are not " + widthPx + "x" + heightPx + "x" + channels
                            + " pixels with 1 or 3 channels.");
        }
        ByteBuffer header = ByteBuffer.allocate(13).putInt(widthPx).putInt(heightPx);
        header.put((byte) 8).put((byte) (channels == 1 ? 0 : 2)).put(new byte[3]);
        ByteArrayOutputStream file = new ByteArrayOutputStream(pixels.length / 2 + 128);
        file.writeBytes(SIGNATURE);
        chunk(file, "IHDR", header.array());
        chunk(file, "IDAT", compress(pixels, widthPx * channels, heightPx, channels));
        chunk(file, "IEND", new byte[0]);
        return file.toByteArray();
    }

    private static byte[] compress(byte[] pixels, int rowBytes, int rows, int channels) {
        ByteArrayOutputStream compressed = new ByteArrayOutputStream(pixels.length / 2 + 64);
        Deflater deflater = new Deflater();
        try (DeflaterOutputStream out = new DeflaterOutputStream(compressed, deflater)) {
            byte[] filtered = new byte[rowBytes + 1];
            filtered[0] = PAETH;
            for (int y = 0; y < rows; y++) {
                for (int i = 0; i < rowBytes; i++) {
                    int at = y * rowBytes + i;
                    int left = i < channels ? 0 : pixels[at - channels] & 0xff;
                    int up = y == 0 ? 0 : pixels[at - rowBytes] & 0xff;
                    int upLeft = y == 0 || i < channels ? 0 : pixels[at - rowBytes - channels] & 0xff;
                    filtered[i + 1] = (byte) (pixels[at] - paeth(left, up, upLeft));
                }
                out.write(filtered);
            }
        } catch (java.io.IOException e) {
            throw new ScanstreamException(ErrorCode.INTERNAL, "png: writing to memory failed: " + e.getMessage(), e);
        } finally {
            deflater.end();
        }
        return compressed.toByteArray();
    }

    /** The neighbour nearest to {@code left + up - upLeft}; ties in this order. */
    private static int paeth(int left, int up, int upLeft) {
        int toLeft = Math.abs(up - upLeft);
        int toUp = Math.abs(left - upLeft);
        int toUpLeft = Math.abs(left + up - 2 * upLeft);
        if (toLeft <= toUp && toLeft <= toUpLeft) {
            return left;
        }
        return toUp <= toUpLeft ? up : upLeft;
    }

    private static void chunk(ByteArrayOutputStream file, String type, byte[] data) {
        byte[] name = type.getBytes(StandardCharsets.US_ASCII);
        CRC32 crc = new CRC32();
        crc.update(name);
        crc.update(data);
        file.writeBytes(ByteBuffer.allocate(4).putInt(data.length).array());
        file.writeBytes(name);
        file.writeBytes(data);
        file.writeBytes(ByteBuffer.allocate(4).putInt((int) crc.getValue()).array());
    }
}
