package io.scanstream.imaging;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.TreeMap;

/** A hand-made uncompressed TIFF of one strip, for what no writer writes. Tags can be added, changed and taken away. */
final class TiffFile {
    private final TreeMap<Integer, long[]> tags = new TreeMap<>();
    private final byte[] data;
    private ByteOrder order = ByteOrder.LITTLE_ENDIAN;
    private boolean big;
    private long next;

    /** @param data the samples as they are to stand in the file, at byte 16 */
    TiffFile(int width, int height, int bits, int samples, int photometric, byte[] data) {
        this.data = data;
        with(256, width)
                .with(257, height)
                .with(259, 1)
                .with(262, photometric)
                .with(273, 16)
                .with(277, samples);
        with(278, height).with(279, data.length);
        long[] depths = new long[samples];
        java.util.Arrays.fill(depths, bits);
        tags.put(258, depths);
    }

    TiffFile with(int tag, long... values) {
        tags.put(tag, values);
        return this;
    }

    TiffFile without(int tag) {
        tags.remove(tag);
        return this;
    }

    TiffFile bigEndian() {
        order = ByteOrder.BIG_ENDIAN;
        return this;
    }

    TiffFile bigTiff() {
        big = true;
        return this;
    }

    /** The offset of the next directory; the first one of this file is behind its data. */
    TiffFile next(long offset) {
        next = offset;
        return this;
    }

    int directoryAt() {
        return (16 + data.length + 7) & ~7;
    }

    byte[] build() {
        int entryBytes = big ? 20 : 12;
        int inline = big ? 8 : 4;
        int at = directoryAt();
        int valuesAt = at + (big ? 8 : 2) + tags.size() * entryBytes + inline;
        int size = valuesAt;
        for (long[] values : tags.values()) {
            size += values.length * inline;
        }
        ByteBuffer out = ByteBuffer.allocate(size).order(order);
        out.putShort(order == ByteOrder.LITTLE_ENDIAN ? (short) 0x4949 : (short) 0x4d4d);
        out.putShort((short) (big ? 43 : 42));
        if (big) {
            out.putShort((short) 8).putShort((short) 0).putLong(at);
        } else {
            out.putInt(at);
        }
        out.position(16).put(data).position(at);
        if (big) {
            out.putLong(tags.size());
        } else {
            out.putShort((short) tags.size());
        }
        for (Map.Entry<Integer, long[]> tag : tags.entrySet()) {
            long[] values = tag.getValue();
            int entry = out.position();
            out.putShort(tag.getKey().shortValue()).putShort((short) (big ? 16 : 4));
            number(out, values.length);
            if (values.length > 1) {
                number(out, valuesAt);
                out.position(valuesAt);
                valuesAt += values.length * inline;
            }
            for (long value : values) {
                number(out, value);
            }
            out.position(entry + entryBytes);
        }
        number(out, next);
        return out.array();
    }

    private void number(ByteBuffer out, long value) {
        if (big) {
            out.putLong(value);
        } else {
            out.putInt((int) value);
        }
    }
}
