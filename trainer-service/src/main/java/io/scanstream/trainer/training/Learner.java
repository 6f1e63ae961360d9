package io.scanstream.trainer.training;

import io.scanstream.contracts.recipe.Recipe;
import io.scanstream.trainer.data.Batch;
import io.scanstream.trainer.data.TrainingData;
import io.scanstream.trainer.libtorch.Libtorch;
import io.scanstream.trainer.network.Blueprints;
import io.scanstream.trainer.network.LoadReport;
import io.scanstream.trainer.network.Network;
import io.scanstream.trainer.network.Precision;
import io.scanstream.trainer.weights.WeightFile;
import java.io.IOException;
import java.nio.file.Path;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AutoGradMode;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * What learns from batches: a network, what it is to make small, and how its weights follow the gradient. For one thread;
 * the caller closes it.
 */
@SuppressWarnings("try") // scopes and guards act by being open
public final class Learner implements AutoCloseable {
    private final Recipe recipe;
    private final Network network;
    private final Objective objective;
    private final Descent descent;
    private final @Nullable WeightAverage average;
    private final Statistics beforeGroup;
    private final Statistics beforeBatch;
    private int imagesAdded;
    private Times times = Times.NONE;

    /**
     * What a step does besides adding its gradient.
     *
     * @param begins whether the gradients added up so far are forgotten before
     * @param ends whether the weights move after
     * @param rateFactor of the recipe's learning rate, where the weights move
     * @param moves of the weights so far, with this one
     */
    public record Moves(boolean begins, boolean ends, double rateFactor, long moves) {}

    /**
     * Seconds that steps have taken, by part. On CUDA the device goes on when a call returns: there only the forward part,
     * which ends with the loss's value, and the sum mean something.
     */
    public record Times(double forward, double backward, double optimizer) {
        static final Times NONE = new Times(0, 0, 0);
    }

    /** While it is open the network has the averaged weights, where the recipe has any. */
    interface Averaged extends AutoCloseable {
        @Override
        void close();
    }

    /**
     * A network with fresh weights from the recipe's seed.
     *
     * @param data says which classes there are, and how many images of each
     * @throws io.scanstream.contracts.ScanstreamException {@code INVALID_RECIPE} when the network cannot be built for the
     *     data's classes
     */
    public Learner(Recipe recipe, TrainingData data, Libtorch libtorch) {
        this.recipe = recipe;
        libtorch.repeatItself(recipe.training().deterministic());
        this.network = new Network(
                Blueprints.of(recipe, data.classes().size(), data.task()),
                libtorch,
                recipe.training().seed());
        network.trainWith(Precision.of(recipe, network.blueprint(), libtorch));
        this.objective = new Objective(recipe, data, libtorch);
        this.descent = new Descent(recipe.optimizer(), network);
        Double decay = recipe.training().averageDecay();
        this.average = decay == null ? null : new WeightAverage(network, decay);
        this.beforeGroup = new Statistics(network);
        this.beforeBatch = new Statistics(network);
    }

    /** As {@link Network#take}; the average starts there. */
    LoadReport take(WeightFile weights) throws IOException {
        LoadReport report = network.take(weights, recipe.network());
        if (average != null) {
            average.restart();
        }
        return report;
    }

    /**
     * Forward and backward, and a move of the weights if it is due. Batches whose gradients are added up count by their
     * images, as one batch of all of them would; one whose loss is not finite is left out.
     *
     * @return the batch's mean loss; where it or its gradient is not finite the weights and the running statistics were left
     *     alone, and it is NaN or infinite
     */
    public double step(Batch batch, Moves moves) {
        boolean alone = recipe.training().accumulationSteps() == 1;
        Statistics before = moves.begins() ? beforeGroup : beforeBatch;
        try (PointerScope scope = new PointerScope();
                AutoGradMode tape = new AutoGradMode(true)) {
            if (moves.begins()) {
                descent.clearGradients();
                imagesAdded = 0;
            }
            before.keep();
            long begin = System.nanoTime();
            Tensor logits = network.forward(batch.pixels(), batch.size(), batch.heightPx(), batch.widthPx(), true);
            Tensor loss = objective.loss(logits, objective.targets(batch));
            double value = loss.item_double();
            long forward = System.nanoTime();
            if (Double.isFinite(value)) {
                (alone ? loss : loss.mul(new Scalar((double) batch.size()))).backward();
                imagesAdded += batch.size();
            } else {
                before.restore();
            }
            long backward = System.nanoTime();
            boolean stays = moves.ends() && !move(moves, alone);
            if (stays) {
                beforeGroup.restore();
            }
            long end = System.nanoTime();
            times = new Times(
                    times.forward() + (forward - begin) / 1e9,
                    times.backward() + (backward - forward) / 1e9,
                    times.optimizer() + (end - backward) / 1e9);
            return stays ? Double.NaN : value;
        }
    }

    /** False, and the weights stay, when there is no gradient or it is not finite. */
    private boolean move(Moves moves, boolean alone) {
        if (imagesAdded == 0) {
            return false;
        }
        if (!alone) {
            descent.divideGradients(imagesAdded);
        }
        if (!descent.step(moves.rateFactor(), recipe.training().clipGradientNorm())) {
            return false;
        }
        if (average != null) {
            average.add(moves.moves());
        }
        return true;
    }

    /** Since the learner was made. */
    public Times times() {
        return times;
    }

    Averaged averaged() {
        if (average == null) {
            return () -> {};
        }
        average.swap();
        return average::swap;
    }

    /** Writes weights, their average if there is one, and the optimizer's state. */
    void save(Path weights, Path averaged, Path optimizer) throws IOException {
        network.save(weights);
        if (average != null) {
            average.save(averaged);
        }
        descent.save(optimizer);
    }

    /** Takes up what {@link #save} wrote. */
    void load(Path weights, Path averaged, Path optimizer) throws IOException {
        network.load(weights);
        if (average != null) {
            average.load(averaged);
        }
        descent.load(optimizer);
    }

    public Network network() {
        return network;
    }

    Objective objective() {
        return objective;
    }

    @Override
    public void close() {
        descent.close();
        if (average != null) {
            average.close();
        }
        beforeGroup.close();
        beforeBatch.close();
        objective.close();
        network.close();
    }
}
