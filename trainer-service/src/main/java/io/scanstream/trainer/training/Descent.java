package io.scanstream.trainer.training;

import io.scanstream.contracts.recipe.Optimizer;
import io.scanstream.trainer.network.Network;
import java.nio.file.Path;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Adam;
import org.bytedeco.pytorch.AdamOptions;
import org.bytedeco.pytorch.AdamW;
import org.bytedeco.pytorch.AdamWOptions;
import org.bytedeco.pytorch.InputArchive;
import org.bytedeco.pytorch.OutputArchive;
import org.bytedeco.pytorch.SGD;
import org.bytedeco.pytorch.SGDOptions;

/** The optimizer of a recipe on a network's weights: libtorch's, with its state. The caller closes it. */
@SuppressWarnings("try") // scopes and guards act by being open
final class Descent implements AutoCloseable {
    private final org.bytedeco.pytorch.Optimizer optimizer;
    private final double learningRate;

    Descent(Optimizer recipe, Network network) {
        this.learningRate = recipe.learningRate();
        try (PointerScope scope = new PointerScope()) {
            this.optimizer = create(recipe, network);
            // Beyond the scope, which frees the options.
            this.optimizer.retainReference();
        }
    }

    private static org.bytedeco.pytorch.Optimizer create(Optimizer recipe, Network network) {
        if (recipe instanceof Optimizer.Sgd sgd) {
            SGDOptions options = new SGDOptions(sgd.learningRate());
            options.momentum().put(sgd.momentum());
            options.weight_decay().put(sgd.weightDecay());
            options.nesterov().put(sgd.nesterov());
            return new SGD(network.trainedParameters(), options);
        }
        if (recipe instanceof Optimizer.Adam adam) {
            AdamOptions options = new AdamOptions(adam.learningRate());
            options.weight_decay().put(adam.weightDecay());
            return new Adam(network.trainedParameters(), options);
        }
        if (recipe instanceof Optimizer.AdamW adamW) {
            AdamWOptions options = new AdamWOptions(adamW.learningRate());
            options.weight_decay().put(adamW.weightDecay());
            return new AdamW(network.trainedParameters(), options);
        }
        throw new IllegalStateException("no optimizer for " + recipe);
    }

    void clearGradients() {
        optimizer.zero_grad();
    }

    /**
     * One step down the gradients.
     *
     * @param factor of the recipe's learning rate, from its schedule
     */
    void step(double factor) {
        optimizer.param_groups().get(0).options().set_lr(learningRate * factor);
        optimizer.step();
    }

    void save(Path file) {
        try (PointerScope scope = new PointerScope()) {
            OutputArchive archive = new OutputArchive();
            optimizer.save(archive);
            archive.save_to(file.toString());
        }
    }

    void load(Path file) {
        try (PointerScope scope = new PointerScope()) {
            InputArchive archive = new InputArchive();
            archive.load_from(file.toString());
            optimizer.load(archive);
        }
    }

    @Override
    public void close() {
        optimizer.releaseReference();
    }
}
