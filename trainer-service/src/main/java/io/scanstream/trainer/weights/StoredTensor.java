package io.scanstream.trainer.weights;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import java.util.List;

/**
 * A tensor of a file, not read yet. That its bytes lie within the file is certain.
 *
 * @param shape empty for a scalar
 * @param strides of each dimension, in elements
 * @param position in the file of its first element, in bytes
 * @param span elements from its first to its last in the file, both counted; 0 for an empty tensor
 */
public record StoredTensor(
        String name, ElementType type, List<Long> shape, List<Long> strides, long position, long span) {

    public StoredTensor {
        shape = List.copyOf(shape);
        strides = List.copyOf(strides);
    }

    /**
     * Places a tensor within a range of its file.
     *
     * @param offset of its first element within the range, in elements
     * @param from the range's first byte
     * @param elements the range's length, in elements
     * @throws ScanstreamException {@code INVALID_REQUEST} when it does not lie within the range
     */
    static StoredTensor within(
            String name,
            ElementType type,
            List<Long> shape,
            List<Long> strides,
            long offset,
            long from,
            long elements) {
        long span = span(name, shape, strides);
        if (offset < 0 || span > elements || offset > elements - span) {
            throw invalid(name, "reaches beyond its " + elements + " stored values");
        }
        return new StoredTensor(name, type, shape, strides, from + offset * type.bytes(), span);
    }

    private static long span(String name, List<Long> shape, List<Long> strides) {
        if (shape.size() != strides.size()) {
            throw invalid(name, "has " + shape.size() + " dimensions and " + strides.size() + " strides");
        }
        try {
            long last = 0;
            for (int i = 0; i < shape.size(); i++) {
                if (shape.get(i) < 0 || strides.get(i) < 0) {
                    throw invalid(name, "has the shape " + shape + " and the strides " + strides);
                }
                last = Math.addExact(last, Math.multiplyExact(shape.get(i) - 1, strides.get(i)));
            }
            return shape.contains(0L) ? 0 : Math.addExact(last, 1);
        } catch (ArithmeticException e) {
            throw invalid(name, "has the shape " + shape + " and the strides " + strides);
        }
    }

    /** Strides of values that lie one after another, the last dimension fastest. */
    static List<Long> dense(String name, List<Long> shape) {
        Long[] strides = new Long[shape.size()];
        long next = 1;
        try {
            for (int i = strides.length - 1; i >= 0; i--) {
                strides[i] = next;
                next = Math.multiplyExact(next, Math.max(1, shape.get(i)));
            }
        } catch (ArithmeticException e) {
            throw invalid(name, "has the shape " + shape);
        }
        return List.of(strides);
    }

    static ScanstreamException invalid(String name, String what) {
        String shown = name.length() > 80 ? name.substring(0, 80) + "…" : name;
        return new ScanstreamException(
                ErrorCode.INVALID_REQUEST, "tensor '" + shown + "' " + what + ". The file is damaged or forged.");
    }
}
