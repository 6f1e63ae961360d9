package io.scanstream.inference.http;

import io.vertx.core.buffer.Buffer;
import java.util.Arrays;

/** Bytes as they come, in one array that grows no further than what is announced. */
final class ByteSink {
    private static final int FIRST_BYTES = 1 << 13;

    private final int announced;
    private byte[] bytes;
    private int length;

    /**
     * An empty sink.
     *
     * @param announced how many will come; 0 or less if that is not known
     */
    ByteSink(int announced) {
        this.announced = announced;
        this.bytes = new byte[announced > 0 ? Math.min(announced, FIRST_BYTES) : FIRST_BYTES];
    }

    int length() {
        return length;
    }

    void append(Buffer more) {
        int needed = Math.addExact(length, more.length());
        if (needed > bytes.length) {
            long doubled = Math.min(2L * bytes.length, Integer.MAX_VALUE - 8);
            long bounded = announced >= needed ? Math.min(doubled, announced) : doubled;
            bytes = Arrays.copyOf(bytes, (int) Math.max(needed, bounded));
        }
        more.getBytes(0, more.length(), bytes, length);
        length = needed;
    }

    /** What came; the sink is not used any more. */
    byte[] toArray() {
        return length == bytes.length ? bytes : Arrays.copyOf(bytes, length);
    }
}
