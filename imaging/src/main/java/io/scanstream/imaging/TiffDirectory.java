package io.scanstream.imaging;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * An image file directory of TIFF 6.0 section 2 or of BigTIFF: tags and where their values are. It also is what an EXIF
 * block is made of. Reading checks every position against the data's end, so that nothing in the file decides how much is
 * allocated.
 */
final class TiffDirectory {
    static final int SHORT = 3;
    static final int LONG = 4;
    static final int LONG8 = 16;

    private static final int[] TYPE_BYTES = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8};
    private static final int MOST_ENTRIES = 4096;
    private static final int MOST_PAGES = 1000;

    /** Bytes that are no directory; the message says why. */
    static final class Malformed extends Exception {
        Malformed(String message) {
            super(message);
        }
    }

    /**
     * One tag.
     *
     * @param count number of values, not of bytes
     * @param valuesAt position of the first value in the data
     */
    record Entry(int tag, int type, int count, int valuesAt) {
        int sizeBytes() {
            return count * TYPE_BYTES[type];
        }
    }

    private final ByteBuffer data;
    private final boolean big;
    private final Map<Integer, Entry> entries = new HashMap<>();
    private long at;
    private long next;

    private TiffDirectory(ByteBuffer data, boolean big) {
        this.data = data;
        this.big = big;
    }

    /** The first directory of the TIFF structure in {@code bytes[from, to)}. */
    static TiffDirectory first(byte[] bytes, int from, int to) throws Malformed {
        ByteBuffer data = ByteBuffer.wrap(bytes, from, to - from).slice();
        if (data.limit() < 8) {
            throw new Malformed("a header of 8 bytes was expected, " + data.limit() + " came");
        }
        short order = data.getShort(0);
        if (order != 0x4949 && order != 0x4d4d) {
            throw new Malformed("byte order II or MM was expected, " + String.format("%04X", order) + " came");
        }
        data.order(order == 0x4949 ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
        int magic = data.getShort(2);
        if (magic != 42 && magic != 43) {
            throw new Malformed("42 or 43 was expected behind the byte order, " + magic + " came");
        }
        boolean big = magic == 43;
        if (big && data.limit() < 16) {
            throw new Malformed("a header of 16 bytes was expected, " + data.limit() + " came");
        }
        TiffDirectory directory = new TiffDirectory(data, big);
        directory.read(big ? data.getLong(8) : Integer.toUnsignedLong(data.getInt(4)));
        return directory;
    }

    private void read(long offset) throws Malformed {
        at = offset;
        int countBytes = big ? 8 : 2;
        int entryBytes = big ? 20 : 12;
        int from = inside(offset, countBytes, "the directory");
        long count = big ? data.getLong(from) : data.getShort(from) & 0xffff;
        if (count < 0 || count > MOST_ENTRIES) {
            throw new Malformed("a directory of " + count + " entries, at most " + MOST_ENTRIES + " were expected");
        }
        int entriesAt = from + countBytes;
        int total = (int) count * entryBytes;
        inside(entriesAt, total, "a directory of " + count + " entries");
        for (int i = 0; i < count; i++) {
            readEntry(entriesAt + i * entryBytes);
        }
        int end = entriesAt + total;
        // Some writers stop without the link to a next directory.
        if (end + (big ? 8 : 4) <= data.limit()) {
            next = big ? data.getLong(end) : Integer.toUnsignedLong(data.getInt(end));
        }
    }

    private void readEntry(int at) throws Malformed {
        int tag = data.getShort(at) & 0xffff;
        int type = data.getShort(at + 2) & 0xffff;
        if (type >= TYPE_BYTES.length || TYPE_BYTES[type] == 0) {
            // TIFF 6.0: readers skip fields of a type that they do not know.
            return;
        }
        long count = big ? data.getLong(at + 4) : Integer.toUnsignedLong(data.getInt(at + 4));
        if (count < 0 || count > data.limit()) {
            throw new Malformed("tag " + tag + " declares " + count + " values, which the data cannot hold");
        }
        int valueField = at + (big ? 12 : 8);
        long size = count * TYPE_BYTES[type];
        int valuesAt = valueField;
        if (size > (big ? 8 : 4)) {
            long offset = big ? data.getLong(valueField) : Integer.toUnsignedLong(data.getInt(valueField));
            valuesAt = inside(offset, (int) Math.min(size, Integer.MAX_VALUE), "tag " + tag);
        }
        entries.putIfAbsent(tag, new Entry(tag, type, (int) count, valuesAt));
    }

    private int inside(long offset, int size, String what) throws Malformed {
        if (offset < 0 || offset + size > data.limit()) {
            throw new Malformed(what + " at byte " + Long.toUnsignedString(offset)
                    + " goes beyond the end of the data, byte " + data.limit());
        }
        return (int) offset;
    }

    ByteOrder byteOrder() {
        return data.order();
    }

    boolean has(int tag) {
        return entries.containsKey(tag);
    }

    /** The number of values of a tag, 0 where it is absent. */
    int count(int tag) {
        Entry entry = entries.get(tag);
        return entry == null ? 0 : entry.count();
    }

    /** The first value of an integer tag, or the default where the tag is absent. */
    long integer(int tag, long absent) throws Malformed {
        Entry entry = entries.get(tag);
        return entry == null || entry.count() == 0 ? absent : value(entry, 0);
    }

    /**
     * The values of an integer tag (BYTE, SHORT, LONG, LONG8), unsigned; empty where it is absent.
     *
     * @param most how many are wanted; a file may hold millions
     */
    long[] integers(int tag, int most) throws Malformed {
        Entry entry = entries.get(tag);
        long[] values = new long[Math.min(count(tag), most)];
        for (int i = 0; entry != null && i < values.length; i++) {
            values[i] = value(entry, i);
        }
        return values;
    }

    private long value(Entry entry, int i) throws Malformed {
        int at = entry.valuesAt();
        return switch (entry.type()) {
            case 1, 7 -> data.get(at + i) & 0xff;
            case SHORT -> data.getShort(at + 2 * i) & 0xffff;
            case LONG, 13 -> Integer.toUnsignedLong(data.getInt(at + 4 * i));
            case LONG8, 18 -> data.getLong(at + 8 * i);
            default ->
                throw new Malformed("tag " + entry.tag() + " is of type " + entry.type() + ", an integer was expected");
        };
    }

    /** The bytes of a tag's values as they stand in the data; empty where it is absent. */
    byte[] raw(int tag) {
        Entry entry = entries.get(tag);
        if (entry == null) {
            return new byte[0];
        }
        byte[] values = new byte[entry.sizeBytes()];
        data.get(entry.valuesAt(), values);
        return values;
    }

    /** The number of directories from this one on; a chain that runs in a circle or out of the data ends there. */
    int pages() {
        Set<Long> seen = new HashSet<>();
        TiffDirectory last = this;
        seen.add(at);
        while (last.next != 0 && seen.size() < MOST_PAGES && seen.add(last.next)) {
            TiffDirectory following = new TiffDirectory(data, big);
            try {
                following.read(last.next);
            } catch (Malformed e) {
                break;
            }
            last = following;
        }
        return seen.size();
    }
}
