package io.scanstream.imaging;

import static io.scanstream.imaging.ImageFormat.BMP;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * Windows and OS/2 bitmaps without compression: palettes of 1, 4 and 8 bits, 16, 24 and 32 bits with the usual or their
 * own masks. Nothing is coded in them, so no library is asked. Opacity is left out, as Windows itself does: files with a
 * mask for it often hold zeros there.
 */
final class BmpCodec implements Codec {
    private static final int FILE_HEADER_BYTES = 14;
    private static final int CORE_HEADER_BYTES = 12;
    private static final int INFO_HEADER_BYTES = 40;
    private static final int UNCOMPRESSED = 0;
    private static final int MASKS = 3;

    private static final class Header {
        private final ByteBuffer file;
        private final int headerBytes;
        private final boolean core;
        private final int width;
        private final int height;
        private final boolean topDown;
        private final int bits;
        private final int compression;
        private final long pixelsAt;

        private Header(byte[] bytes) {
            file = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
            headerBytes = file.getInt(FILE_HEADER_BYTES);
            core = headerBytes == CORE_HEADER_BYTES;
            if (bytes.length < FILE_HEADER_BYTES + headerBytes || (!core && headerBytes < INFO_HEADER_BYTES)) {
                throw Refusal.truncated(BMP, "the file ends at byte " + bytes.length + " inside its header");
            }
            pixelsAt = Integer.toUnsignedLong(file.getInt(10));
            width = core ? file.getShort(18) & 0xffff : file.getInt(18);
            int rows = core ? file.getShort(20) & 0xffff : file.getInt(22);
            bits = file.getShort(core ? 24 : 28);
            compression = core ? UNCOMPRESSED : file.getInt(30);
            topDown = rows < 0;
            height = Math.abs(rows);
            if (width < 1 || height < 1) {
                throw Refusal.damaged(BMP, "size " + width + "x" + rows);
            }
        }

        private long rowBytes() {
            return ((long) width * bits + 31) / 32 * 4;
        }

        private void requireSupported() {
            boolean plain = compression == UNCOMPRESSED
                    && (bits == 1 || bits == 4 || bits == 8 || bits == 16 || bits == 24 || bits == 32);
            if (!plain && !(compression == MASKS && (bits == 16 || bits == 32))) {
                throw Refusal.unsupported(BMP, "compression " + compression + " with " + bits + " bits, expected none");
            }
        }

        private void requireWhole() {
            // The padding of the last row is often left out.
            long end = pixelsAt + rowBytes() * (height - 1) + ((long) width * bits + 7) / 8;
            if (pixelsAt < FILE_HEADER_BYTES + headerBytes || end > file.capacity()) {
                throw Refusal.truncated(
                        BMP,
                        "pixels go from byte " + pixelsAt + " to " + end + ", the file ends at byte "
                                + file.capacity());
            }
        }

        /** Where a row begins, counted from the top of the image. */
        private int row(int y) {
            return (int) (pixelsAt + rowBytes() * (topDown ? y : height - 1 - y));
        }
    }

    @Override
    public Decoded decode(byte[] bytes, DecodeLimits limits) {
        Header header = new Header(bytes);
        limits.check(BMP, header.width, header.height);
        header.requireSupported();
        header.requireWhole();
        limits.checkHeap(BMP, header.width, header.height, 3);
        return new Decoded(header.bits <= 8 ? indexed(header) : direct(header), Orientation.UPRIGHT, List.of());
    }

    private static Pixels indexed(Header header) {
        Palette palette = palette(header);
        int channels = palette.channels();
        byte[] out = new byte[header.width * header.height * channels];
        int perByte = 8 / header.bits;
        int mask = (1 << header.bits) - 1;
        int at = 0;
        for (int y = 0; y < header.height; y++) {
            int row = header.row(y);
            for (int x = 0; x < header.width; x++) {
                int packed = header.file.get(row + x / perByte);
                int index = packed >> (8 - header.bits - x % perByte * header.bits) & mask;
                at = palette.put(index, out, at);
            }
        }
        return new Pixels(header.width, header.height, channels, out);
    }

    private static Palette palette(Header header) {
        int entryBytes = header.core ? 3 : 4;
        int from = FILE_HEADER_BYTES + header.headerBytes;
        long used = header.core ? 0 : Integer.toUnsignedLong(header.file.getInt(46));
        long most = Math.min(1L << header.bits, (header.pixelsAt - from) / entryBytes);
        int[] colours = new int[(int) (used == 0 ? most : Math.min(used, most))];
        for (int i = 0; i < colours.length; i++) {
            int entry = from + i * entryBytes;
            colours[i] = (header.file.get(entry + 2) & 0xff) << 16
                    | (header.file.get(entry + 1) & 0xff) << 8
                    | (header.file.get(entry) & 0xff);
        }
        return new Palette(colours);
    }

    private static Pixels direct(Header header) {
        long[] masks = masks(header);
        int[] shifts = new int[3];
        long[] maxima = new long[3];
        for (int c = 0; c < 3; c++) {
            shifts[c] = masks[c] == 0 ? 0 : Long.numberOfTrailingZeros(masks[c]);
            maxima[c] = Math.max(1, masks[c] >> shifts[c]);
        }
        byte[] out = new byte[header.width * header.height * 3];
        int pixelBytes = header.bits / 8;
        int at = 0;
        for (int y = 0; y < header.height; y++) {
            int from = header.row(y);
            for (int x = 0; x < header.width; x++, from += pixelBytes) {
                long pixel = 0;
                for (int b = pixelBytes - 1; b >= 0; b--) {
                    pixel = pixel << 8 | (header.file.get(from + b) & 0xff);
                }
                for (int c = 0; c < 3; c++) {
                    long value = (pixel & masks[c]) >> shifts[c];
                    out[at++] = (byte) ((value * 255 + maxima[c] / 2) / maxima[c]);
                }
            }
        }
        return new Pixels(header.width, header.height, 3, out);
    }

    /** Which bits are red, green and blue; where the header names none, 5 each or 8 each. */
    private static long[] masks(Header header) {
        if (header.compression != MASKS) {
            return header.bits == 16 ? new long[] {0x7c00, 0x3e0, 0x1f} : new long[] {0xff0000, 0xff00, 0xff};
        }
        long[] masks = new long[3];
        int from = FILE_HEADER_BYTES + INFO_HEADER_BYTES;
        if (header.pixelsAt < from + 12) {
            throw Refusal.damaged(BMP, "its colour masks lie inside its pixels");
        }
        for (int c = 0; c < 3; c++) {
            masks[c] = Integer.toUnsignedLong(header.file.getInt(from + 4 * c));
        }
        return masks;
    }
}
