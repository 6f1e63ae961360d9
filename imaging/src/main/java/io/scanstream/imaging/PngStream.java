package io.scanstream.imaging;

import static io.scanstream.imaging.ImageFormat.PNG;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32;

/**
 * The chunks of a PNG (ISO/IEC 15948 section 11), read without decoding. Every checksum is verified, which the JDK's
 * reader does not do; texts and profiles are stepped over, so that nothing in them is ever inflated.
 */
final class PngStream {
    private static final int SIGNATURE_BYTES = 8;
    private static final int IHDR_BYTES = 13;

    /** zlib cannot do better: a byte of deflate data stands for at most 1032 bytes. */
    private static final long MOST_DEFLATED = 1032;

    static final int GREY = 0;
    static final int RGB = 2;
    static final int PALETTE = 3;
    static final int GREY_ALPHA = 4;
    static final int RGB_ALPHA = 6;

    private final DecodeLimits limits;
    private final byte[] bytes;
    private int headerAt = -1;
    private int width;
    private int height;
    private int depth;
    private int colourType;
    private int dataFrom = -1;
    private int dataTo = -1;
    private long dataBytes;
    private byte[] palette = {};
    private byte[] transparency = {};
    private int exifFrom = -1;
    private int exifTo = -1;
    private boolean animated;

    private PngStream(byte[] bytes, DecodeLimits limits) {
        this.limits = limits;
        this.bytes = bytes;
    }

    /** Reads all chunks up to IEND; what follows it is left alone. A size over the limits is refused at the header. */
    static PngStream read(byte[] bytes, DecodeLimits limits) {
        PngStream stream = new PngStream(bytes, limits);
        int at = SIGNATURE_BYTES;
        String type = "";
        while (!type.equals("IEND")) {
            int data = at + 8;
            if (data > bytes.length) {
                throw Refusal.truncated(PNG, "the file ends at byte " + bytes.length + " without an IEND chunk");
            }
            int length = ByteBuffer.wrap(bytes).getInt(at);
            type = stream.type(at + 4);
            if (length < 0 || (long) data + length + 4 > bytes.length) {
                throw Refusal.truncated(
                        PNG,
                        "chunk " + type + " at byte " + at + " declares " + Integer.toUnsignedString(length)
                                + " bytes, the file ends at byte " + bytes.length);
            }
            stream.verify(type, at + 4, data + length);
            stream.chunk(type, at, data, data + length);
            at = data + length + 4;
        }
        stream.requireWhole();
        return stream;
    }

    int widthPx() {
        return width;
    }

    int heightPx() {
        return height;
    }

    /** Bits per sample: 1, 2, 4, 8 or 16. */
    int depth() {
        return depth;
    }

    int colourType() {
        return colourType;
    }

    /** RGB triples. */
    byte[] palette() {
        return palette;
    }

    /** The content of tRNS: opacities of the first palette entries, or the transparent colour; may be empty. */
    byte[] transparency() {
        return transparency;
    }

    int exifFrom() {
        return exifFrom;
    }

    int exifTo() {
        return exifTo;
    }

    boolean animated() {
        return animated;
    }

    int samplesPerPixel() {
        return switch (colourType) {
            case GREY, PALETTE -> 1;
            case GREY_ALPHA -> 2;
            case RGB -> 3;
            default -> 4;
        };
    }

    /**
     * A PNG of header, data and end only. Palette images are declared grey, so that the samples that come back are the
     * indices, whatever the palette looks like.
     */
    byte[] forCodec() {
        ByteArrayOutputStream out = new ByteArrayOutputStream(dataTo - dataFrom + 64);
        out.write(bytes, 0, SIGNATURE_BYTES);
        byte[] header = new byte[IHDR_BYTES + 12];
        System.arraycopy(bytes, headerAt, header, 0, header.length);
        if (colourType == PALETTE) {
            header[8 + 9] = GREY;
        }
        out.writeBytes(header);
        out.write(bytes, dataFrom, dataTo - dataFrom);
        out.writeBytes(new byte[] {0, 0, 0, 0, 'I', 'E', 'N', 'D', (byte) 0xae, 0x42, 0x60, (byte) 0x82});
        return out.toByteArray();
    }

    private String type(int at) {
        for (int i = at; i < at + 4; i++) {
            boolean letter = (bytes[i] >= 'A' && bytes[i] <= 'Z') || (bytes[i] >= 'a' && bytes[i] <= 'z');
            if (!letter) {
                throw Refusal.damaged(
                        PNG, "a chunk was expected at byte " + (at - 4) + ", its type is not four letters");
            }
        }
        return new String(bytes, at, 4, StandardCharsets.US_ASCII);
    }

    private void verify(String type, int from, int to) {
        CRC32 crc = new CRC32();
        crc.update(bytes, from, to - from);
        int stored = ByteBuffer.wrap(bytes).getInt(to);
        if ((int) crc.getValue() != stored) {
            throw Refusal.damaged(PNG, "the checksum of chunk " + type + " at byte " + (from - 4) + " is wrong");
        }
    }

    private void chunk(String type, int at, int from, int to) {
        if (headerAt < 0 && !type.equals("IHDR")) {
            throw Refusal.damaged(PNG, "the first chunk is " + type + ", IHDR was expected");
        }
        switch (type) {
            case "IHDR" -> header(at, from, to);
            case "PLTE" -> palette = Arrays.copyOfRange(bytes, from, to);
            case "tRNS" -> transparency = Arrays.copyOfRange(bytes, from, to);
            case "IDAT" -> data(at, from, to);
            case "eXIf" -> {
                exifFrom = from;
                exifTo = to;
            }
            case "acTL" -> animated = true;
            default -> {
                boolean critical = (bytes[at + 4] & 0x20) == 0;
                if (critical && !type.equals("IEND")) {
                    throw Refusal.unsupported(PNG, "unknown critical chunk " + type);
                }
            }
        }
    }

    private void header(int at, int from, int to) {
        if (headerAt >= 0 || to - from != IHDR_BYTES) {
            throw Refusal.damaged(PNG, "one IHDR chunk of " + IHDR_BYTES + " bytes was expected");
        }
        headerAt = at;
        width = ByteBuffer.wrap(bytes).getInt(from);
        height = ByteBuffer.wrap(bytes).getInt(from + 4);
        depth = bytes[from + 8];
        colourType = bytes[from + 9];
        if (width < 1 || height < 1) {
            throw Refusal.damaged(PNG, "size " + width + "x" + height);
        }
        limits.check(PNG, width, height);
        boolean known =
                switch (colourType) {
                    case GREY -> depth == 1 || depth == 2 || depth == 4 || depth == 8 || depth == 16;
                    case PALETTE -> depth == 1 || depth == 2 || depth == 4 || depth == 8;
                    case RGB, GREY_ALPHA, RGB_ALPHA -> depth == 8 || depth == 16;
                    default -> false;
                };
        if (!known) {
            throw Refusal.damaged(PNG, "no such combination: colour type " + colourType + ", " + depth + " bits");
        }
        if (bytes[from + 10] != 0 || bytes[from + 11] != 0 || bytes[from + 12] < 0 || bytes[from + 12] > 1) {
            throw Refusal.damaged(
                    PNG,
                    "unknown compression " + bytes[from + 10] + ", filter " + bytes[from + 11] + " or interlace method "
                            + bytes[from + 12]);
        }
    }

    /** Data chunks follow each other; those that come after others are surplus, and left out. */
    private void data(int at, int from, int to) {
        if (dataFrom < 0) {
            dataFrom = at;
        } else if (at != dataTo) {
            return;
        }
        dataTo = to + 4;
        dataBytes += to - from;
    }

    private void requireWhole() {
        if (headerAt < 0 || dataBytes == 0) {
            throw Refusal.damaged(PNG, "it has no image data (IDAT)");
        }
        long raw = (long) height * (((long) width * samplesPerPixel() * depth + 7) / 8);
        if (raw > dataBytes * MOST_DEFLATED) {
            throw Refusal.truncated(PNG, dataBytes + " bytes of data cannot hold " + width + "x" + height + " pixels");
        }
        if (colourType == PALETTE && (palette.length == 0 || palette.length % 3 != 0 || palette.length > 768)) {
            throw Refusal.damaged(PNG, "a palette of " + palette.length + " bytes");
        }
    }
}
