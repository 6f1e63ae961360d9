package io.scanstream.trainer.training;

import io.scanstream.trainer.network.Network;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;

/**
 * A copy of a network's running statistics. A forward pass takes the batch into them at once, so what turns out to be of no
 * use has to be taken out again. The caller closes it.
 */
@SuppressWarnings("try") // scopes and guards act by being open
final class Statistics implements AutoCloseable {
    private final TensorVector running = new TensorVector();
    private final TensorVector kept = new TensorVector();

    Statistics(Network network) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            for (Tensor statistic : network.statistics()) {
                running.push_back(statistic);
                kept.push_back(statistic.clone());
            }
        }
    }

    /** Takes the network's statistics as they are. */
    void keep() {
        copy(running, kept);
    }

    /** Gives the network the statistics that were kept. */
    void restore() {
        copy(kept, running);
    }

    private static void copy(TensorVector from, TensorVector to) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            for (long i = 0; i < from.size(); i++) {
                to.get(i).copy_(from.get(i));
            }
        }
    }

    @Override
    public void close() {
        running.close();
        kept.close();
    }
}
