package io.scanstream.inference.model;

import io.scanstream.contracts.model.Golden;
import io.scanstream.inference.model.OnnxSettings.Precision;

/** What executes a model: an execution provider of ONNX Runtime, with those after it for what it does not take. */
enum Provider {
    CPU(Golden.Tolerance.CPU),
    /** With TF32 off. */
    CUDA(Golden.Tolerance.CUDA_FP32),
    /** It has TF32 on, and no option against it. */
    TENSORRT(Golden.Tolerance.CUDA_REDUCED);

    private final Golden.Tolerance tolerance;

    Provider(Golden.Tolerance tolerance) {
        this.tolerance = tolerance;
    }

    /** How far scores may be from the golden ones. */
    Golden.Tolerance tolerance(Precision precision) {
        return precision == Precision.FLOAT16 ? Golden.Tolerance.CUDA_REDUCED : tolerance;
    }

    /** Where models run instead if they cannot here. */
    Provider fallback() {
        return this == TENSORRT ? CUDA : CPU;
    }

    boolean isGpu() {
        return this != CPU;
    }
}
