package io.scanstream.imaging;

import static io.scanstream.imaging.ImageFormat.JPEG;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The marker segments of a JPEG (ITU-T T.81 annex B), read without decoding: enough to know its size, its colours and
 * whether all of it is there. {@link #forCodec} writes it anew with nothing but what decoding needs, so that no metadata,
 * however malformed, reaches the codec.
 */
final class JpegStream {
    /** As the Adobe APP14 segment names them; the codec is told by that segment and does not guess. */
    enum Transform {
        NONE(0),
        YCC(1),
        YCCK(2);

        private final byte code;

        Transform(int code) {
            this.code = (byte) code;
        }
    }

    /** A scan costs time whatever it holds; encoders write about ten, so more than this is an attack. */
    private static final int MOST_SCANS = 100;

    private static final int SOF0 = 0xc0;
    private static final int SOF2 = 0xc2;
    private static final int DHT = 0xc4;
    private static final int DAC = 0xcc;
    private static final int RST0 = 0xd0;
    private static final int RST7 = 0xd7;
    private static final int SOI = 0xd8;
    private static final int EOI = 0xd9;
    private static final int SOS = 0xda;
    private static final int DQT = 0xdb;
    private static final int DRI = 0xdd;
    private static final int APP0 = 0xe0;
    private static final int APP1 = 0xe1;
    private static final int APP14 = 0xee;
    private static final byte[] EXIF = "Exif\0\0".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] ADOBE = "Adobe".getBytes(StandardCharsets.US_ASCII);
    private static final int ADOBE_TRANSFORM_AT = 17;
    private static final byte[] JFIF = "JFIF\0".getBytes(StandardCharsets.US_ASCII);

    private final DecodeLimits limits;
    private final byte[] bytes;
    private final int end;
    private final List<String> warnings = new ArrayList<>();
    private final ByteArrayOutputStream kept;
    private int frame = -1;
    private int width;
    private int height;
    private int[] componentIds = {};
    private int scans;
    private boolean[] dcSeen = {};
    private boolean jfif;
    private int adobeTransform = -1;
    private int exifFrom = -1;
    private int exifTo = -1;

    private JpegStream(byte[] bytes, int to, ByteArrayOutputStream kept, DecodeLimits limits) {
        this.limits = limits;
        this.bytes = bytes;
        this.end = to;
        this.kept = kept;
    }

    /**
     * Reads all segments up to the end-of-image marker; what follows it (further images, padding) is left alone.
     * A size over the limits is refused at the frame header.
     *
     * @param tables a tables-only stream to be read first, as TIFF's JPEGTables tag holds, or null
     */
    static JpegStream read(byte[] bytes, int from, int to, byte @Nullable [] tables, DecodeLimits limits) {
        ByteArrayOutputStream kept = new ByteArrayOutputStream(to - from + 32 + (tables == null ? 0 : tables.length));
        kept.writeBytes(new byte[] {(byte) 0xff, (byte) SOI, (byte) 0xff, (byte) APP14, 0, 14});
        kept.writeBytes(ADOBE);
        kept.writeBytes(new byte[] {0, 100, 0, 0, 0, 0, 0});
        if (tables != null) {
            new JpegStream(tables, tables.length, kept, limits).readSegments(2);
        }
        JpegStream stream = new JpegStream(bytes, to, kept, limits);
        stream.readSegments(from + 2);
        if (stream.frame < 0) {
            throw Refusal.damaged(JPEG, "it has no frame header (SOF)");
        }
        stream.requireAllComponents();
        kept.writeBytes(new byte[] {(byte) 0xff, (byte) EOI});
        return stream;
    }

    int widthPx() {
        return width;
    }

    int heightPx() {
        return height;
    }

    /** 1, 3 or 4. */
    int components() {
        return componentIds.length;
    }

    int scans() {
        return scans;
    }

    boolean progressive() {
        return frame == SOF2;
    }

    List<String> warnings() {
        return warnings;
    }

    /** Where the TIFF structure of the EXIF block begins, or -1. */
    int exifFrom() {
        return exifFrom;
    }

    int exifTo() {
        return exifTo;
    }

    /** How the components stand for colours, by the rules of libjpeg's default_decompress_parms. */
    Transform transform() {
        if (components() == 4) {
            return adobeTransform == 2 ? Transform.YCCK : Transform.NONE;
        }
        if (components() == 1) {
            return Transform.NONE;
        }
        if (jfif) {
            return Transform.YCC;
        }
        if (adobeTransform >= 0) {
            return adobeTransform == 0 ? Transform.NONE : Transform.YCC;
        }
        boolean namedRgb = componentIds[0] == 'R' && componentIds[1] == 'G' && componentIds[2] == 'B';
        return namedRgb ? Transform.NONE : Transform.YCC;
    }

    /** A JPEG of the same pixels with only tables, frame and scans, and an Adobe segment that states the transform. */
    byte[] forCodec(Transform transform) {
        byte[] stream = kept.toByteArray();
        stream[ADOBE_TRANSFORM_AT] = transform.code;
        return stream;
    }

    private void readSegments(int from) {
        int at = from;
        while (true) {
            int marker = nextMarker(at);
            if (marker < 0) {
                throw Refusal.truncated(JPEG, "the file ends at byte " + end + " without an end-of-image marker");
            }
            int code = u8(marker + 1);
            at = marker + 2;
            if (code == EOI) {
                return;
            }
            if (code == SOI || code == 0x01 || (code >= RST0 && code <= RST7)) {
                continue;
            }
            int length = at + 2 <= end ? u16(at) : 0;
            if (at + 2 > end || at + length > end) {
                throw Refusal.truncated(
                        JPEG,
                        "a segment (marker FF" + hex(code) + ") at byte " + marker + " goes beyond the file's end");
            }
            if (length < 2) {
                throw Refusal.damaged(JPEG, "a segment (marker FF" + hex(code) + ") of length " + length);
            }
            at = segment(code, marker, at + 2, at + length);
        }
    }

    /** Takes one segment with payload {@code from..to}; answers where to go on. */
    private int segment(int code, int marker, int from, int to) {
        if (code == DHT || code == DQT || code == DRI) {
            keep(marker, to);
        } else if (code == SOS) {
            return scan(marker, from, to);
        } else if (code == DAC) {
            throw Refusal.unsupported(JPEG, "arithmetic coding");
        } else if (code >= SOF0 && code <= 0xcf && code != 0xc8) {
            frame(code, from, to);
            keep(marker, to);
        } else if (code == APP0 && matches(from, to, JFIF)) {
            jfif = true;
        } else if (code == APP1 && exifFrom < 0 && matches(from, to, EXIF)) {
            exifFrom = from + EXIF.length;
            exifTo = to;
        } else if (code == APP14 && to - from >= 12 && matches(from, to, ADOBE)) {
            adobeTransform = u8(from + 11);
        }
        return to;
    }

    private void frame(int code, int from, int to) {
        if (frame >= 0) {
            throw Refusal.damaged(JPEG, "it has two frame headers (SOF)");
        }
        if (code > SOF2) {
            throw Refusal.unsupported(
                    JPEG, "coding process SOF" + (code - SOF0) + ", expected baseline or progressive Huffman");
        }
        if (to - from < 6 || to - from != 6 + 3 * u8(from + 5)) {
            throw Refusal.damaged(
                    JPEG, "its frame header has " + (to - from) + " bytes, which fits no number of components");
        }
        int precision = u8(from);
        int components = u8(from + 5);
        frame = code;
        height = u16(from + 1);
        width = u16(from + 3);
        if (precision != 8) {
            throw Refusal.unsupported(JPEG, precision + " bits per sample, expected 8");
        }
        if (width == 0) {
            throw Refusal.damaged(JPEG, "its width is 0");
        }
        if (height == 0) {
            throw Refusal.unsupported(JPEG, "the height is given after the first scan (DNL)");
        }
        limits.check(JPEG, width, height);
        if (components != 1 && components != 3 && components != 4) {
            throw Refusal.unsupported(JPEG, components + " components, expected 1 (grey), 3 (colour) or 4 (CMYK)");
        }
        componentIds = new int[components];
        dcSeen = new boolean[components];
        for (int c = 0; c < components; c++) {
            componentIds[c] = u8(from + 6 + 3 * c);
        }
    }

    private int scan(int marker, int from, int to) {
        if (frame < 0) {
            throw Refusal.damaged(JPEG, "a scan comes before the frame header");
        }
        int components = to > from ? u8(from) : 0;
        if (components < 1 || components > 4 || to - from != 4 + 2 * components) {
            throw Refusal.damaged(JPEG, "a scan header of " + (to - from) + " bytes for " + components + " components");
        }
        if (++scans > MOST_SCANS) {
            throw Refusal.tooLarge(JPEG, "more than " + MOST_SCANS + " scans");
        }
        int parameters = from + 1 + 2 * components;
        if (frame != SOF2 || u8(parameters) == 0) {
            markSeen(from, components);
        }
        keep(marker, frame == SOF2 ? to : parameters);
        if (frame != SOF2) {
            // They mean nothing here, but a codec that warns of them has no second warning for a truncation.
            kept.writeBytes(new byte[] {0, 63, 0});
        }
        int dataEnd = entropyEnd(to);
        keep(to, dataEnd);
        return dataEnd;
    }

    private void markSeen(int from, int components) {
        for (int s = 0; s < components; s++) {
            for (int c = 0; c < componentIds.length; c++) {
                dcSeen[c] |= componentIds[c] == u8(from + 1 + 2 * s);
            }
        }
    }

    /** A component without a scan of its own would be filled with grey, without a word from the codec. */
    private void requireAllComponents() {
        for (int c = 0; c < dcSeen.length; c++) {
            if (!dcSeen[c]) {
                throw Refusal.truncated(JPEG, "no scan holds component " + (c + 1) + " of " + dcSeen.length);
            }
        }
    }

    /** Entropy-coded data ends at the first marker that is neither a stuffed zero nor a restart nor fill. */
    private int entropyEnd(int from) {
        for (int at = from; at + 1 < end; at++) {
            if (bytes[at] == (byte) 0xff) {
                int code = u8(at + 1);
                if (code != 0 && code != 0xff && (code < RST0 || code > RST7)) {
                    return at;
                }
            }
        }
        throw Refusal.truncated(JPEG, "the file ends at byte " + end + " inside the image data of scan " + scans);
    }

    /** The next FF that is followed by a marker code; -1 where there is none. Other bytes in between are junk. */
    private int nextMarker(int from) {
        int at = from;
        while (at + 1 < end && (bytes[at] != (byte) 0xff || bytes[at + 1] == 0 || bytes[at + 1] == (byte) 0xff)) {
            at++;
        }
        if (at + 1 >= end) {
            return -1;
        }
        int junk = 0;
        for (int i = from; i < at; i++) {
            junk += bytes[i] == (byte) 0xff ? 0 : 1;
        }
        if (junk > 0) {
            warnings.add(junk + " stray bytes before the JPEG segment at byte " + at + " were skipped.");
        }
        return at;
    }

    private void keep(int from, int to) {
        kept.write(bytes, from, to - from);
    }

    private boolean matches(int from, int to, byte[] prefix) {
        if (to - from < prefix.length) {
            return false;
        }
        for (int i = 0; i < prefix.length; i++) {
            if (bytes[from + i] != prefix[i]) {
                return false;
            }
        }
        return true;
    }

    private int u8(int at) {
        return bytes[at] & 0xff;
    }

    private int u16(int at) {
        return u8(at) << 8 | u8(at + 1);
    }

    private static String hex(int code) {
        return String.format("%02X", code);
    }
}
