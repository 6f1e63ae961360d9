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
                Blueprints.of(recipe, data.classes().size()),
                libtorch,
                recipe.training().seed());
        network.trainWith(Precision.of(recipe, network.blueprint(), libtorch));
        this.objective = new Objective(recipe, data, libtorch);
        this.descent = new Descent(recipe.optimizer(), network);
        Double decay = recipe.training().averageDecay();
        this.average = decay == null ? null : new WeightAverage(network, decay);
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
     * Forward and backward, and a move of the weights if it is due.
     *
     * @return the batch's mean loss; where it or its gradient is not finite the weights were left alone, and it is NaN or
     *     infinite
     */
    public double step(Batch batch, Moves moves) {
        int together = recipe.training().accumulationSteps();
        try (PointerScope scope = new PointerScope();
                AutoGradMode tape = new AutoGradMode(true)) {
            if (moves.begins()) {
                descent.clearGradients();
            }
            long begin = System.nanoTime();
            Tensor logits = network.forward(batch.pixels(), batch.size(), batch.heightPx(), batch.widthPx(), true);
            Tensor loss = objective.loss(logits, objective.targets(batch));
            double value = loss.item_double();
            long forward = System.nanoTime();
            if (Double.isFinite(value)) {
                (together == 1 ? loss : loss.div(new Scalar(together))).backward();
            }
            long backward = System.nanoTime();
            boolean move = moves.ends() && (together > 1 || Double.isFinite(value));
            boolean moved = move && move(moves);
            long end = System.nanoTime();
            times = new Times(
                    times.forward() + (forward - begin) / 1e9,
                    times.backward() + (backward - forward) / 1e9,
                    times.optimizer() + (end - backward) / 1e9);
            return move && !moved ? Double.NaN : value;
        }
    }

    /** False, and the weights stay, when the gradient is not finite. */
    private boolean move(Moves moves) {
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
        objective.close();
        network.close();
    }
}
