package io.scanstream.trainer.network;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * A parameter as it is multiplied: in the element type of what comes in. The parameter itself stays float32, and so does its
 * gradient.
 */
final class Weight {
    private final @Nullable Tensor parameter;
    private final TensorOptional itself;

    /** @param parameter null for one that is left out */
    Weight(@Nullable Tensor parameter) {
        this.parameter = parameter;
        this.itself = parameter == null ? new TensorOptional() : new TensorOptional(parameter);
    }

    /** The parameter for a computation with {@code x}. */
    Tensor with(Tensor x) {
        if (parameter == null) {
            throw new IllegalStateException("the parameter is left out");
        }
        return typeOf(x) == typeOf(parameter) ? parameter : parameter.to(typeOf(x));
    }

    /** The parameter for a computation with {@code x}, or that there is none. */
    TensorOptional maybeWith(Tensor x) {
        return parameter == null || typeOf(x) == typeOf(parameter)
                ? itself
                : new TensorOptional(parameter.to(typeOf(x)));
    }

    private static torch.ScalarType typeOf(Tensor x) {
        return x.scalar_type().intern();
    }
}
