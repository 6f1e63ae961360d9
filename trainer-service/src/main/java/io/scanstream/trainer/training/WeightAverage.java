package io.scanstream.trainer.training;

import io.scanstream.trainer.network.Network;
import java.io.IOException;
import java.nio.file.Path;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;

/**
 * An exponential moving average of a network's weights and running statistics (Polyak and Juditsky, 1992). In the first
 * steps it forgets faster, by min(decay, (1 + n) / (10 + n)), so that the start does not last. The caller closes it.
 */
@SuppressWarnings("try") // scopes and guards act by being open
final class WeightAverage implements AutoCloseable {
    private final Network network;
    private final double decay;
    private final TensorVector averages = new TensorVector();

    /**
     * Starts at the network's weights.
     *
     * @param decay share of the average that a step keeps, 0 to 1
     */
    WeightAverage(Network network, double decay) {
        this.network = network;
        this.decay = decay;
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            for (Tensor weight : network.tensors()) {
                averages.push_back(weight.detach().clone());
            }
        }
    }

    /** Starts anew at the network's weights. */
    void restart() {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            int i = 0;
            for (Tensor weight : network.tensors()) {
                averages.get(i++).copy_(weight);
            }
        }
    }

    /**
     * Takes the network's weights in.
     *
     * @param steps moves of the weights so far, this one included
     */
    void add(long steps) {
        double keep = Math.min(decay, (1.0 + steps) / (10.0 + steps));
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            Scalar taken = new Scalar(1 - keep);
            int i = 0;
            for (Tensor weight : network.tensors()) {
                averages.get(i++).lerp_(weight, taken);
            }
        }
    }

    /** Puts the averages into the network and the network's weights here; doing it again undoes it. */
    void swap() {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            int i = 0;
            for (Tensor weight : network.tensors()) {
                Tensor average = averages.get(i++);
                Tensor kept = weight.detach().clone();
                weight.copy_(average);
                average.copy_(kept);
            }
        }
    }

    void save(Path file) throws IOException {
        swap();
        try {
            network.save(file);
        } finally {
            swap();
        }
    }

    void load(Path file) throws IOException {
        swap();
        try {
            network.load(file);
        } finally {
            swap();
        }
    }

    @Override
    public void close() {
        averages.close();
    }
}
