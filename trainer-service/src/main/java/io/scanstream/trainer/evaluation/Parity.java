package io.scanstream.trainer.evaluation;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.trainer.network.Network;
import io.scanstream.trainer.onnx.OnnxModel;
import java.nio.ByteBuffer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Holds the exported file against the network that it was made of, on the same pixels. */
@SuppressWarnings("try") // scopes and guards act by being open
final class Parity {
    /** Largest difference of a logit as a share of the logits' spread (at least 1). */
    private static final double TOLERANCE = 1e-4;

    private double maxAbs;
    private float low = Float.POSITIVE_INFINITY;
    private float high = Float.NEGATIVE_INFINITY;

    /**
     * Compares a batch.
     *
     * @param pixels direct, uint8 {@code [count, height, width, channels]}
     */
    void compare(Network network, OnnxModel model, ByteBuffer pixels, int count) {
        compare(network, model.score(pixels, count).logits(), pixels, count);
    }

    /**
     * Compares a batch that the exported file has scored.
     *
     * @param exported the file's logits of the pixels
     */
    void compare(Network network, float[][] exported, ByteBuffer pixels, int count) {
        float[] computed = logits(network, pixels, count);
        int outputs = computed.length / count;
        for (int i = 0; i < computed.length; i++) {
            float there = exported[i / outputs][i % outputs];
            // A difference that is not a number is kept, and refused below.
            double difference = Math.abs((double) computed[i] - there);
            maxAbs = difference <= maxAbs ? maxAbs : difference;
            low = Math.min(low, computed[i]);
            high = Math.max(high, computed[i]);
        }
    }

    /** The network's own logits of scoring, {@code [count × outputs]}; a segmenter's are maps. */
    static float[] logits(Network network, ByteBuffer pixels, int count) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            Tensor logits = network.score(pixels, count)
                    .contiguous()
                    .to(torch.ScalarType.Float)
                    .cpu();
            float[] values = new float[(int) logits.numel()];
            new FloatPointer(logits.data_ptr()).get(values);
            return values;
        }
    }

    /** Largest absolute difference of a logit so far. */
    double maxAbs() {
        return maxAbs;
    }

    /**
     * Refuses a file that computes something else.
     *
     * @throws ScanstreamException {@code TRAINING_DIVERGED} saying how far it is off
     */
    void require() {
        double allowed = TOLERANCE * Math.max(1, high - low);
        if (!(maxAbs <= allowed)) {
            throw new ScanstreamException(
                    ErrorCode.TRAINING_DIVERGED,
                    "the exported network is not the trained one: a logit is " + maxAbs + " off, allowed are " + allowed
                            + " for logits from " + low + " to " + high + ".");
        }
    }
}
