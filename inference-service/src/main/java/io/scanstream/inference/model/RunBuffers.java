package io.scanstream.inference.model;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Memory outside of the heap that one run at a time reads its scans from and writes its outputs to; it grows to the
 * largest. ONNX Runtime uses it in place; its own outputs would be copied to the heap when they are read, which takes longer
 * than it should.
 */
final class RunBuffers {
    private ByteBuffer input = ByteBuffer.allocateDirect(0);
    private final Map<String, ByteBuffer> outputs = new HashMap<>();

    /**
     * The scans one after another.
     *
     * @param bytes of all rows; what those beyond the scans hold, which pad the batch, is not looked at
     */
    ByteBuffer input(List<byte[]> scans, int bytes) {
        if (input.capacity() < bytes) {
            input = ByteBuffer.allocateDirect(bytes);
        }
        input.clear();
        scans.forEach(input::put);
        return input.position(0).limit(bytes);
    }

    /** Room for an output. */
    FloatBuffer output(String name, int floats) {
        int bytes = Math.multiplyExact(floats, Float.BYTES);
        ByteBuffer output = outputs.get(name);
        if (output == null || output.capacity() < bytes) {
            output = ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
            outputs.put(name, output);
        }
        output.clear();
        return output.limit(bytes).asFloatBuffer();
    }
}
