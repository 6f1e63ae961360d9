package io.scanstream.trainer.weights;

import java.util.Arrays;
import java.util.Optional;

/** What a tensor's elements are; little-endian in files. */
public enum ElementType {
    FLOAT32("F32", "FloatStorage", 4),
    FLOAT64("F64", "DoubleStorage", 8),
    FLOAT16("F16", "HalfStorage", 2),
    BFLOAT16("BF16", "BFloat16Storage", 2),
    INT64("I64", "LongStorage", 8),
    INT32("I32", "IntStorage", 4);

    private final String safetensors;
    private final String storage;
    private final int bytes;

    ElementType(String safetensors, String storage, int bytes) {
        this.safetensors = safetensors;
        this.storage = storage;
        this.bytes = bytes;
    }

    public int bytes() {
        return bytes;
    }

    /** By the name in a safetensors header. */
    static Optional<ElementType> ofSafetensors(String name) {
        return Arrays.stream(values())
                .filter(type -> type.safetensors.equals(name))
                .findAny();
    }

    /** By the name of PyTorch's storage class, {@code FloatStorage}. */
    static Optional<ElementType> ofStorage(String name) {
        return Arrays.stream(values()).filter(type -> type.storage.equals(name)).findAny();
    }
}
