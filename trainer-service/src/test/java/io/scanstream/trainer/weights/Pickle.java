package io.scanstream.trainer.weights;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Writes pickles instruction by instruction, also those that nobody should read. */
final class Pickle {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    static Pickle begin() {
        return new Pickle().raw(0x80, 2);
    }

    Pickle raw(int... bytes) {
        for (int one : bytes) {
            out.write(one);
        }
        return this;
    }

    Pickle global(String module, String name) {
        raw('c');
        out.writeBytes((module + "\n" + name + "\n").getBytes(StandardCharsets.UTF_8));
        return this;
    }

    Pickle text(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        raw('X', bytes.length, 0, 0, 0);
        out.writeBytes(bytes);
        return this;
    }

    Pickle number(long value) {
        raw(0x8a, 8);
        for (int i = 0; i < 8; i++) {
            raw((int) (value >>> (8 * i)) & 0xFF);
        }
        return this;
    }

    Pickle tuple(long... values) {
        raw('(');
        for (long value : values) {
            number(value);
        }
        return raw('t');
    }

    /** A tensor of the storage with this key. */
    Pickle tensor(String storage, String key, long elements, long offset, long[] shape, long[] strides) {
        global("torch._utils", "_rebuild_tensor_v2").raw('(');
        raw('(').text("storage")
                .global("torch", storage)
                .text(key)
                .text("cpu")
                .number(elements)
                .raw('t', 'Q');
        number(offset).tuple(shape).tuple(strides).raw(0x89);
        return global("collections", "OrderedDict").raw(')', 'R', 't', 'R');
    }

    byte[] end() {
        raw('.');
        return out.toByteArray();
    }
}
