package io.scanstream.trainer.network;

import io.scanstream.contracts.model.OnnxMetadata;
import io.scanstream.trainer.onnx.OnnxGraph;
import java.util.List;

/**
 * Writes a network as the one file that scoring needs: normalisation before the layers, probabilities after them, batch
 * norms folded into convolutions, batch size left open. Inputs and outputs are those of {@link OnnxMetadata}.
 */
public final class OnnxExport {

    /**
     * The file's bytes.
     *
     * @param positive index of the class that a single logit speaks for; of no meaning with a logit per class
     * @param metadata goes into {@code metadata_props}
     */
    public static byte[] write(Network network, int positive, OnnxMetadata metadata, String producerVersion) {
        Blueprint plan = network.blueprint();
        OnnxGraph graph = new OnnxGraph("scanstream");
        String scan = graph.bytesInput(OnnxMetadata.INPUT_SCAN, plan.heightPx(), plan.widthPx(), plan.channels());
        String logits = plan.body().emit(graph, normalised(graph, scan, plan), plan.top(), network::weights);
        graph.floatOutput(
                OnnxMetadata.OUTPUT_PROBABILITIES,
                probabilities(graph, logits, plan.outputs(), positive),
                shape(plan, Math.max(2, plan.outputs())));
        graph.floatOutput(OnnxMetadata.OUTPUT_LOGITS, logits, shape(plan, plan.outputs()));
        OnnxGraph.FeatureMap pooled = graph.pooled();
        if (pooled != null) {
            graph.floatOutput(OnnxMetadata.OUTPUT_FEATURES, pooled.value(), pooled.shape());
        }
        return graph.model(metadata.producer(), producerVersion, metadata.toProperties());
    }

    private static long[] shape(Blueprint plan, int channels) {
        return plan.segments() ? new long[] {channels, plan.heightPx(), plan.widthPx()} : new long[] {channels};
    }

    private static String normalised(OnnxGraph graph, String scan, Blueprint plan) {
        String pixels = graph.node("Cast", "pixels", List.of(scan), OnnxGraph.integer("to", OnnxGraph.floatType()));
        String scaled = graph.node(
                "Mul", "scaled", List.of(pixels, graph.floats("input.scale", plan.inputScale(), plan.channels())));
        String shifted = graph.node(
                "Add", "normalised", List.of(scaled, graph.floats("input.shift", plan.inputShift(), plan.channels())));
        return graph.node("Transpose", "channelsFirst", List.of(shifted), OnnxGraph.ints("perm", 0, 3, 1, 2));
    }

    private static String probabilities(OnnxGraph graph, String logits, int outputs, int positive) {
        if (outputs > 1) {
            return graph.node("Softmax", "softmax", List.of(logits), OnnxGraph.integer("axis", 1));
        }
        String forIt = graph.node("Sigmoid", "positive", List.of(logits));
        String against = graph.node("Sigmoid", "negative", List.of(graph.node("Neg", "minus", List.of(logits))));
        return graph.node(
                "Concat",
                "inClassOrder",
                positive == 0 ? List.of(forIt, against) : List.of(against, forIt),
                OnnxGraph.integer("axis", 1));
    }

    private OnnxExport() {}
}
