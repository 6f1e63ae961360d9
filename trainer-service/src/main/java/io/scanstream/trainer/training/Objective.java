package io.scanstream.trainer.training;

import io.scanstream.contracts.recipe.Loss;
import io.scanstream.contracts.recipe.Recipe;
import io.scanstream.trainer.libtorch.Libtorch;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/** The loss of a recipe, and what the logits decide. All tensors live in the caller's {@code PointerScope}. */
final class Objective {
    /** torch::Reduction::Mean. */
    private static final long MEAN = 1;

    private static final long NO_IGNORED_CLASS = -100;

    private final Loss loss;
    private final int positive;
    private final Libtorch libtorch;

    Objective(Recipe recipe, List<String> classes, Libtorch libtorch) {
        this.loss = recipe.loss();
        this.positive = positiveIndex(recipe, classes);
        this.libtorch = libtorch;
    }

    /** Index of the class that a single logit speaks for: the recipe's positive class, else the second. */
    static int positiveIndex(Recipe recipe, List<String> classes) {
        String named = recipe.data().positiveClass();
        return named == null ? 1 : classes.indexOf(named);
    }

    /** Class indices as a tensor on the device, {@code [N]} int64. */
    Tensor labels(long[] labels) {
        return libtorch.toDevice(Tensor.create(labels));
    }

    /**
     * The mean loss of a batch, a scalar on the autograd tape.
     *
     * @param logits {@code [N, outputs]}
     * @param labels {@code [N]} int64
     */
    Tensor loss(Tensor logits, Tensor labels) {
        if (loss instanceof Loss.CrossEntropy crossEntropy) {
            return torch.cross_entropy_loss(
                    logits, labels, new TensorOptional(), MEAN, NO_IGNORED_CLASS, crossEntropy.labelSmoothing());
        }
        Tensor target = labels.eq(new Scalar(positive)).to(torch.ScalarType.Float);
        return torch.binary_cross_entropy_with_logits(
                logits.flatten(0, -1), target, new TensorOptional(), new TensorOptional(), MEAN);
    }

    /** How many of a batch are decided right; ties of two logits go to the first class. */
    long correct(Tensor logits, Tensor labels) {
        if (loss instanceof Loss.CrossEntropy) {
            return logits.argmax(new org.bytedeco.pytorch.LongOptional(1), false)
                    .eq(labels)
                    .sum()
                    .item_long();
        }
        Tensor saysPositive = logits.flatten(0, -1).gt(new Scalar(0));
        return saysPositive.eq(labels.eq(new Scalar(positive))).sum().item_long();
    }
}
