package io.scanstream.imaging;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Writes a classic TIFF directory (TIFF 6.0 section 2) behind the bytes of a file, which keep their places. */
final class TiffBuilder {
    private static final int ENTRY_BYTES = 12;

    private final List<Field> fields = new ArrayList<>();

    private static final class Field {
        private final int tag;
        private final int type;
        private final int[] values;

        private Field(int tag, int type, int[] values) {
            this.tag = tag;
            this.type = type;
            this.values = values;
        }

        private int sizeBytes() {
            return values.length * (type == TiffDirectory.SHORT ? 2 : 4);
        }
    }

    /** Adds a tag; tags come in ascending order. */
    void put(int tag, int type, int... values) {
        fields.add(new Field(tag, type, values));
    }

    /** The file with a header that points to the new directory. */
    byte[] behind(byte[] file, ByteOrder order) {
        int directoryAt = (file.length + 1) & ~1;
        int valuesAt = directoryAt + 2 + fields.size() * ENTRY_BYTES + 4;
        int size = valuesAt + fields.stream().mapToInt(Field::sizeBytes).sum();
        ByteBuffer out = ByteBuffer.wrap(Arrays.copyOf(file, size)).order(order);
        out.putShort(0, order == ByteOrder.LITTLE_ENDIAN ? (short) 0x4949 : (short) 0x4d4d);
        out.putShort(2, (short) 42);
        out.putInt(4, directoryAt);
        out.position(directoryAt);
        out.putShort((short) fields.size());
        for (Field field : fields) {
            int entryAt = out.position();
            out.putShort((short) field.tag).putShort((short) field.type).putInt(field.values.length);
            if (field.sizeBytes() > 4) {
                out.putInt(valuesAt).position(valuesAt);
                valuesAt += field.sizeBytes();
            }
            for (int value : field.values) {
                if (field.type == TiffDirectory.SHORT) {
                    out.putShort((short) value);
                } else {
                    out.putInt(value);
                }
            }
            out.position(entryAt + ENTRY_BYTES);
        }
        return out.array();
    }
}
