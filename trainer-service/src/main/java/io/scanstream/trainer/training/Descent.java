package io.scanstream.trainer.training;

import io.scanstream.contracts.recipe.InvalidRecipeException;
import io.scanstream.contracts.recipe.Optimizer;
import io.scanstream.contracts.recipe.Problem;
import io.scanstream.trainer.network.Network;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Adam;
import org.bytedeco.pytorch.AdamOptions;
import org.bytedeco.pytorch.AdamW;
import org.bytedeco.pytorch.AdamWOptions;
import org.bytedeco.pytorch.ArchiveWriter;
import org.bytedeco.pytorch.InputArchive;
import org.bytedeco.pytorch.OptimizerOptions;
import org.bytedeco.pytorch.OptimizerParamGroup;
import org.bytedeco.pytorch.OutputArchive;
import org.bytedeco.pytorch.SGD;
import org.bytedeco.pytorch.SGDOptions;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * The optimizer of a recipe on a network's weights: libtorch's, with its state. A weight belongs to the first group of the
 * recipe that matches its name, else to the group of the others. The caller closes it.
 */
@SuppressWarnings("try") // scopes and guards act by being open
final class Descent implements AutoCloseable {
    private final org.bytedeco.pytorch.Optimizer optimizer;
    private final Optimizer recipe;
    private final TensorVector weights;
    /** Of libtorch's groups, in their order, at the schedule's factor 1. */
    private final List<Double> learningRates = new ArrayList<>();

    Descent(Optimizer recipe, Network network) {
        this.recipe = recipe;
        this.weights = network.trainedParameters();
        try (PointerScope scope = new PointerScope()) {
            List<TensorVector> members = members(network.trainedByName());
            learningRates.add(recipe.learningRate());
            this.optimizer = create(recipe, members.get(0));
            for (int i = 0; i < recipe.groups().size(); i++) {
                add(recipe.groups().get(i), members.get(i + 1));
            }
            // Beyond the scope, which frees the options.
            this.optimizer.retainReference();
        }
    }

    /** The weights of no group, then those of each group. */
    private List<TensorVector> members(Map<String, Tensor> trained) {
        List<TensorVector> members = new ArrayList<>();
        for (int i = 0; i <= recipe.groups().size(); i++) {
            members.add(new TensorVector());
        }
        trained.forEach((name, weight) -> members.get(groupOf(name)).push_back(weight));
        List<Problem> problems = new ArrayList<>();
        for (int i = 0; i < recipe.groups().size(); i++) {
            if (members.get(i + 1).empty()) {
                problems.add(new Problem(
                        "recipe.optimizer.groups[" + i + "].match",
                        "'" + recipe.groups().get(i).match() + "' matches none of the network's " + trained.size()
                                + " parameters that no group before it has."));
            }
        }
        if (!problems.isEmpty()) {
            throw new InvalidRecipeException(problems);
        }
        return members;
    }

    private int groupOf(String name) {
        for (int i = 0; i < recipe.groups().size(); i++) {
            if (recipe.groups().get(i).matches(name)) {
                return i + 1;
            }
        }
        return 0;
    }

    private void add(Optimizer.Group group, TensorVector members) {
        // Takes the options of the first group over; of them the rate is set at every step, the decay here.
        optimizer.add_param_group(new OptimizerParamGroup(members));
        OptimizerOptions options =
                optimizer.param_groups().get(learningRates.size()).options();
        if (group.weightDecay() != null) {
            weightDecay(options).put(group.weightDecay());
        }
        learningRates.add(recipe.learningRate() * group.learningRateFactor());
    }

    private DoublePointer weightDecay(OptimizerOptions options) {
        if (recipe instanceof Optimizer.Sgd) {
            return new SGDOptions(options).weight_decay();
        }
        return recipe instanceof Optimizer.Adam
                ? new AdamOptions(options).weight_decay()
                : new AdamWOptions(options).weight_decay();
    }

    private static org.bytedeco.pytorch.Optimizer create(Optimizer recipe, TensorVector weights) {
        if (recipe instanceof Optimizer.Sgd sgd) {
            SGDOptions options = new SGDOptions(sgd.learningRate());
            options.momentum().put(sgd.momentum());
            options.weight_decay().put(sgd.weightDecay());
            options.nesterov().put(sgd.nesterov());
            return new SGD(weights, options);
        }
        if (recipe instanceof Optimizer.Adam adam) {
            AdamOptions options = new AdamOptions(adam.learningRate());
            options.weight_decay().put(adam.weightDecay());
            return new Adam(weights, options);
        }
        if (recipe instanceof Optimizer.AdamW adamW) {
            AdamWOptions options = new AdamWOptions(adamW.learningRate());
            options.weight_decay().put(adamW.weightDecay());
            return new AdamW(weights, options);
        }
        throw new IllegalStateException("no optimizer for " + recipe);
    }

    void clearGradients() {
        optimizer.zero_grad();
    }

    void divideGradients(double by) {
        Scalar divisor = new Scalar(by);
        for (long i = 0; i < weights.size(); i++) {
            Tensor gradient = weights.get(i).grad();
            if (gradient.defined()) {
                gradient.div_(divisor);
            }
        }
    }

    /**
     * One step down the gradients.
     *
     * @param factor of the recipe's learning rate, from its schedule
     * @param clipNorm the L2 norm over all gradients that is allowed; null for any
     * @return false, and the weights are left alone, if a gradient is not finite
     */
    boolean step(double factor, @Nullable Double clipNorm) {
        if (clipNorm == null ? !gradientsAreFinite() : !Double.isFinite(torch.clip_grad_norm_(weights, clipNorm))) {
            return false;
        }
        for (int i = 0; i < learningRates.size(); i++) {
            optimizer.param_groups().get(i).options().set_lr(learningRates.get(i) * factor);
        }
        optimizer.step();
        return true;
    }

    private boolean gradientsAreFinite() {
        TensorVector sums = new TensorVector();
        for (long i = 0; i < weights.size(); i++) {
            Tensor gradient = weights.get(i).grad();
            if (gradient.defined()) {
                sums.push_back(gradient.sum());
            }
        }
        return sums.empty() || Double.isFinite(torch.stack(sums).sum().item_double());
    }

    /** @throws IOException when the file cannot be written */
    void save(Path file) throws IOException {
        try (PointerScope scope = new PointerScope();
                FileChannel channel = FileChannel.open(
                        file,
                        StandardOpenOption.WRITE,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING)) {
            OutputArchive archive = new OutputArchive();
            optimizer.save(archive);
            ChannelWriter writer = new ChannelWriter(channel);
            archive.save_to(writer);
            writer.require();
        }
    }

    /**
     * Writes an archive. libtorch's own files end the process when a disk is full: its archive throws while it is destroyed. So
     * a failure is kept, and libtorch never told.
     */
    private static final class ChannelWriter extends ArchiveWriter {
        private final FileChannel channel;
        private @Nullable IOException failure;

        ChannelWriter(FileChannel channel) {
            this.channel = channel;
        }

        @Override
        public long call(Pointer data, long bytes) {
            if (failure == null) {
                try (BytePointer chunk = new BytePointer(data)) {
                    ByteBuffer buffer = chunk.capacity(bytes).asByteBuffer();
                    while (buffer.hasRemaining()) {
                        channel.write(buffer);
                    }
                } catch (IOException e) {
                    failure = e;
                }
            }
            return bytes;
        }

        void require() throws IOException {
            if (failure != null) {
                throw failure;
            }
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
