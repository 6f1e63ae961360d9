package io.scanstream.trainer.training;

import ai.djl.ndarray.NDManager;
import io.scanstream.contracts.recipe.Loss;
import io.scanstream.contracts.recipe.Recipe;
import io.scanstream.trainer.data.Batch;
import io.scanstream.trainer.data.Sample;
import io.scanstream.trainer.data.TrainingData;
import io.scanstream.trainer.libtorch.Libtorch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * The loss of a recipe on data. A case is an image with its class, or a pixel with its mask's class. All tensors live in the
 * caller's {@code PointerScope}, but for the weights of the classes, which live until this is closed.
 */
final class Objective implements AutoCloseable {
    /** torch::Reduction. */
    private static final long NO_REDUCTION = 0;

    private static final long SUM = 2;
    private static final long NO_IGNORED_CLASS = -100;

    private final List<String> classes;
    private final int positive;
    private final Libtorch libtorch;
    private final long[] imagesOfClass;
    private final NDManager weights;

    /**
     * What a batch is to be learned of.
     *
     * @param labels class of every case, int64 {@code [N]} or {@code [N, H, W]}
     * @param others the classes that images are mixed with, {@code [N]}
     * @param own the labels' share in mixed images, float32 {@code [N]}; the others have the rest
     */
    record Targets(
            Tensor labels,
            @Nullable Tensor others,
            @Nullable Tensor own) {}

    /**
     * What a loss is made of. Batches add up: the loss of their sums is that of one batch of all their cases.
     *
     * @param above numbers on the autograd tape: the cases' losses; for dice what both masks have, {@code [classes]}
     * @param below as many: the cases' weights; for dice the masks' sizes
     */
    record Sums(Tensor above, Tensor below) {}

    /** The sums of a batch, with the weights of the classes found out. */
    @FunctionalInterface
    private interface Summed {
        Sums of(Tensor logits, Targets targets);
    }

    /** A loss of sums. */
    @FunctionalInterface
    private interface Reduction {
        Tensor of(Sums sums);
    }

    private static final Reduction MEAN = sums -> sums.above().div(sums.below());

    /** @param weight in the sum of the terms */
    private record Term(double weight, Summed sums, Reduction reduction) {
        Tensor loss(Sums of) {
            return reduction.of(of).mul(new Scalar(weight));
        }
    }

    private final List<Term> terms;

    /**
     * Finds out the weights of the classes.
     *
     * @param data whose training split says how many images a class has
     */
    Objective(Recipe recipe, TrainingData data, Libtorch libtorch) {
        this.classes = data.classes();
        this.positive = positiveIndex(recipe, classes);
        this.libtorch = libtorch;
        this.imagesOfClass = new long[classes.size()];
        for (Sample sample : data.train()) {
            if (sample.label() != Sample.NO_LABEL) {
                imagesOfClass[sample.label()]++;
            }
        }
        this.weights = libtorch.newManager();
        Loss loss = recipe.loss();
        this.terms = loss instanceof Loss.Combined combined
                ? combined.parts().stream()
                        .map(part -> term(part.loss(), part.weight()))
                        .toList()
                : List.of(term(loss, 1));
    }

    /** Index of the class that a single logit speaks for: the recipe's positive class, else the second. */
    static int positiveIndex(Recipe recipe, List<String> classes) {
        String named = recipe.data().positiveClass();
        return named == null ? 1 : classes.indexOf(named);
    }

    /** Index of the class that a single logit speaks for. */
    int positive() {
        return positive;
    }

    /** A batch's labels or masks on the device. */
    Targets targets(Batch batch) {
        if (batch.masks().isPresent()) {
            Tensor masks = libtorch.upload(batch.masks().get(), batch.size(), batch.heightPx(), batch.widthPx());
            return new Targets(masks.to(torch.ScalarType.Long), null, null);
        }
        Tensor labels = libtorch.toDevice(Tensor.create(batch.labels()));
        return batch.mixed()
                .map(mixed -> new Targets(
                        labels,
                        libtorch.toDevice(Tensor.create(mixed.labels())),
                        libtorch.toDevice(Tensor.create(mixed.weights()))))
                .orElseGet(() -> new Targets(labels, null, null));
    }

    /**
     * The loss of a batch, a scalar on the autograd tape: the mean over its cases, by their classes' weights if they have any.
     *
     * @param logits {@code [N, outputs]} or {@code [N, outputs, H, W]}
     */
    Tensor loss(Tensor logits, Targets targets) {
        Tensor sum = null;
        for (Term term : terms) {
            Tensor value = term.loss(term.sums().of(logits, targets));
            sum = sum == null ? value : sum.add(value);
        }
        return Objects.requireNonNull(sum);
    }

    /** The loss of several batches as of one: whatever their sizes, and whichever classes they have. */
    final class Total {
        private final List<double[]> above = new ArrayList<>();
        private final List<double[]> below = new ArrayList<>();

        /** As for {@link Objective#loss}. */
        void add(Tensor logits, Targets targets) {
            for (int i = 0; i < terms.size(); i++) {
                Sums sums = terms.get(i).sums().of(logits, targets);
                add(above, i, sums.above());
                add(below, i, sums.below());
            }
        }

        private static void add(List<double[]> totals, int i, Tensor sums) {
            double[] values = new double[(int) sums.numel()];
            sums.detach()
                    .cpu()
                    .to(torch.ScalarType.Double)
                    .contiguous()
                    .data_ptr_double()
                    .get(values);
            if (i == totals.size()) {
                totals.add(values);
            } else {
                Arrays.setAll(totals.get(i), k -> totals.get(i)[k] + values[k]);
            }
        }

        /** Of everything added, at least one batch. */
        @SuppressWarnings("try") // the scope acts by being open
        double loss() {
            double loss = 0;
            try (PointerScope scope = new PointerScope()) {
                for (int i = 0; i < terms.size(); i++) {
                    Sums sums = new Sums(Tensor.create(above.get(i)), Tensor.create(below.get(i)));
                    loss += terms.get(i).loss(sums).item_double();
                }
            }
            return loss;
        }
    }

    private Term term(Loss part, double weight) {
        if (part instanceof Loss.CrossEntropy crossEntropy) {
            return new Term(weight, crossEntropy(crossEntropy.labelSmoothing(), classWeights(crossEntropy)), MEAN);
        }
        if (part instanceof Loss.Focal focal) {
            return new Term(weight, focal(focal.gamma(), classWeights(focal)), MEAN);
        }
        if (part instanceof Loss.BceWithLogits bce) {
            return new Term(weight, bceWithLogits(bce.labelSmoothing(), positiveWeight(bce)), MEAN);
        }
        if (part instanceof Loss.Dice dice) {
            return new Term(weight, dice(dice), sums -> unlikeness(sums, dice.smooth()));
        }
        throw new IllegalStateException("no loss for " + part);
    }

    private Summed crossEntropy(double smoothing, @Nullable Tensor weight) {
        return (logits, targets) -> {
            if (targets.others() == null) {
                Tensor sum = torch.cross_entropy_loss(
                        logits, targets.labels(), optional(weight), SUM, NO_IGNORED_CLASS, smoothing);
                return new Sums(
                        sum,
                        weight == null
                                ? count(targets.labels())
                                : ofLabels(weight, targets.labels()).sum());
            }
            return mixed(
                    targets,
                    weight,
                    labels -> torch.cross_entropy_loss(
                            logits, labels, optional(weight), NO_REDUCTION, NO_IGNORED_CLASS, smoothing));
        };
    }

    private Summed focal(double gamma, @Nullable Tensor weight) {
        return (logits, targets) -> {
            Tensor logProbabilities = logits.log_softmax(1);
            return mixed(targets, weight, labels -> {
                Tensor log = logProbabilities.gather(1, labels.unsqueeze(1)).squeeze(1);
                Tensor unsure = log.exp().neg().add(new Scalar(1)).pow(new Scalar(gamma));
                Tensor each = unsure.mul(log).neg();
                return weight == null ? each : each.mul(ofLabels(weight, labels));
            });
        };
    }

    /** The losses of cases for labels, not yet reduced. */
    @FunctionalInterface
    private interface PerCase {
        Tensor of(Tensor labels);
    }

    /** The sums of the cases and of their weights; where images are mixed each of its two labels with its share. */
    private static Sums mixed(Targets targets, @Nullable Tensor weight, PerCase perCase) {
        Tensor losses = perCase.of(targets.labels());
        Tensor weights = weight == null ? null : ofLabels(weight, targets.labels());
        if (targets.others() != null && targets.own() != null) {
            Tensor rest = targets.own().neg().add(new Scalar(1));
            losses = losses.mul(targets.own()).add(perCase.of(targets.others()).mul(rest));
            if (weight != null && weights != null) {
                weights = weights.mul(targets.own())
                        .add(ofLabels(weight, targets.others()).mul(rest));
            }
        }
        return new Sums(losses.sum(), weights == null ? count(losses) : weights.sum());
    }

    private static Tensor count(Tensor cases) {
        return torch.scalar_tensor(new Scalar((double) cases.numel()));
    }

    private static Tensor ofLabels(Tensor weight, Tensor labels) {
        return weight.index_select(0, labels.flatten(0, -1)).view_as(labels);
    }

    private Summed bceWithLogits(double smoothing, @Nullable Tensor positiveWeight) {
        return (logits, targets) -> {
            Tensor target = isPositive(targets.labels());
            if (targets.others() != null && targets.own() != null) {
                target = isPositive(targets.others()).lerp(target, targets.own());
            }
            if (smoothing > 0) {
                target = target.mul(new Scalar(1 - smoothing)).add(new Scalar(smoothing / 2));
            }
            Tensor sum = torch.binary_cross_entropy_with_logits(
                    logits.squeeze(1), target, new TensorOptional(), optional(positiveWeight), SUM);
            return new Sums(sum, count(target));
        };
    }

    private Tensor isPositive(Tensor labels) {
        return labels.eq(new Scalar(positive)).to(torch.ScalarType.Float);
    }

    private Summed dice(Loss.Dice dice) {
        return (logits, targets) -> {
            Tensor probabilities;
            Tensor truth;
            if (logits.size(1) == 1) {
                probabilities = logits.sigmoid();
                truth = isPositive(targets.labels()).unsqueeze(1);
            } else {
                probabilities = logits.softmax(1);
                truth = torch.one_hot(targets.labels(), classes.size())
                        .permute(0, 3, 1, 2)
                        .to(torch.ScalarType.Float);
                if (!dice.background()) {
                    probabilities = probabilities.narrow(1, 1, classes.size() - 1);
                    truth = truth.narrow(1, 1, classes.size() - 1);
                }
            }
            Tensor both = probabilities.mul(truth).sum(0, 2, 3);
            Tensor sizes = probabilities.sum(0, 2, 3).add(truth.sum(0, 2, 3));
            return new Sums(both, sizes);
        };
    }

    /** 1 less the mean of the classes' dice coefficients. */
    private static Tensor unlikeness(Sums sums, double smooth) {
        Tensor coefficient = sums.above()
                .mul(new Scalar(2))
                .add(new Scalar(smooth))
                .div(sums.below().add(new Scalar(smooth)));
        return coefficient.mean().neg().add(new Scalar(1));
    }

    /** One weight a class, {@code [K]} float32; null where all are 1. */
    private @Nullable Tensor classWeights(Loss.Weighted weighted) {
        if (!weighted.balanced() && weighted.classWeights().isEmpty()) {
            return null;
        }
        float[] values = new float[classes.size()];
        for (int k = 0; k < values.length; k++) {
            values[k] = (float)
                    (weighted.balanced() ? balance(k) : weighted.classWeights().getOrDefault(classes.get(k), 1.0));
        }
        return Libtorch.view(weights.create(values));
    }

    /** As scikit-learn's class_weight="balanced". */
    private double balance(int k) {
        long all = 0;
        for (long count : imagesOfClass) {
            all += count;
        }
        return all / (double) (classes.size() * Math.max(1, imagesOfClass[k]));
    }

    private @Nullable Tensor positiveWeight(Loss.BceWithLogits bce) {
        double weight = bce.balanced() ? balance(positive) / balance(1 - positive) : bce.positiveWeight();
        return weight == 1 ? null : Libtorch.view(weights.create((float) weight));
    }

    private static TensorOptional optional(@Nullable Tensor tensor) {
        return tensor == null ? new TensorOptional() : new TensorOptional(tensor);
    }

    @Override
    public void close() {
        weights.close();
    }
}
