package io.scanstream.trainer.network;

import io.scanstream.contracts.model.OnnxMetadata;
import io.scanstream.trainer.metrics.FeatureDistance;
import io.scanstream.trainer.onnx.OnnxGraph;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * Writes a network as the one file that scoring needs: normalisation before the layers, probabilities after them, batch
 * norms folded into convolutions, views averaged, batch size left open. Inputs and outputs are those of {@link OnnxMetadata}.
 */
public final class OnnxExport {

    /**
     * The file's bytes.
     *
     * @param positive index of the class that a single logit speaks for; of no meaning with a logit per class
     * @param temperature by which the logits are divided before they become probabilities, above 0; the output {@code logits}
     *     stays as the network gives it
     * @param distance what the output {@code distance} is computed by, for a network that ends in global pooling; null for none
     * @param metadata goes into {@code metadata_props}
     */
    public static byte[] write(
            Network network,
            int positive,
            double temperature,
            @Nullable FeatureDistance distance,
            OnnxMetadata metadata,
            String producerVersion) {
        Blueprint plan = network.blueprint();
        OnnxGraph graph = new OnnxGraph("scanstream");
        String scan = graph.bytesInput(OnnxMetadata.INPUT_SCAN, plan.heightPx(), plan.widthPx(), plan.channels());
        String seen = seen(graph, normalised(graph, scan, plan), plan);
        String logitsOfViews = plan.body().emit(graph, seen, plan.top(), network::weights);
        String logits = together(graph, logitsOfViews, plan);
        graph.floatOutput(
                OnnxMetadata.OUTPUT_PROBABILITIES,
                probabilities(graph, tempered(graph, logits, temperature), plan.outputs(), positive),
                shape(plan, Math.max(2, plan.outputs())));
        graph.floatOutput(OnnxMetadata.OUTPUT_LOGITS, logits, shape(plan, plan.outputs()));
        OnnxGraph.FeatureMap pooled = graph.pooled();
        if (pooled != null) {
            String asIs = plan.views().size() == 1
                    ? pooled.value()
                    : ofView(graph, byView(graph, "views.pooled", pooled.value(), plan, pooled.shape()), 0);
            graph.floatOutput(OnnxMetadata.OUTPUT_FEATURES, asIs, pooled.shape());
            String head = graph.linearHead(logitsOfViews);
            if (head != null) {
                long[] shape = {plan.outputs(), pooled.shape()[1], pooled.shape()[2]};
                graph.floatOutput(OnnxMetadata.OUTPUT_MAPS, maps(graph, pooled, head, shape, plan), shape);
            }
            if (distance != null) {
                graph.floatOutput(OnnxMetadata.OUTPUT_DISTANCE, distance(graph, asIs, distance), 1);
            }
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

    /** The scans in all views, one batch after the other: {@code [views × batch, C, H, W]}. */
    private static String seen(OnnxGraph graph, String scans, Blueprint plan) {
        if (plan.views().size() == 1) {
            return scans;
        }
        List<String> views = new ArrayList<>();
        for (int i = 0; i < plan.views().size(); i++) {
            views.add(plan.views().get(i).emit(graph, scans, "views." + i));
        }
        return graph.node("Concat", "views", views, OnnxGraph.integer("axis", 0));
    }

    /** The mean of what the views gave. */
    private static String together(OnnxGraph graph, String logits, Blueprint plan) {
        if (plan.views().size() == 1) {
            return logits;
        }
        String byView = byView(graph, "views.logits", logits, plan, shape(plan, plan.outputs()));
        if (!plan.segments()) {
            return graph.node(
                    "ReduceMean",
                    "views.mean",
                    List.of(byView),
                    OnnxGraph.ints("axes", 0),
                    OnnxGraph.integer("keepdims", 0));
        }
        return meanUndone(graph, "views", byView, plan);
    }

    /** The mean of maps {@code [views, batch, C, H, W]}, each turned back. */
    private static String meanUndone(OnnxGraph graph, String name, String byView, Blueprint plan) {
        List<String> maps = new ArrayList<>();
        for (int i = 0; i < plan.views().size(); i++) {
            maps.add(plan.views().get(i).emitUndo(graph, ofView(graph, byView, i), name + ".undo." + i));
        }
        return graph.node("Mean", name + ".mean", maps);
    }

    /**
     * Class activation maps (Zhou et al., Learning Deep Features for Discriminative Localization, 2016): the linear head at
     * every place of the map instead of at the mean over them.
     */
    private static String maps(
            OnnxGraph graph, OnnxGraph.FeatureMap features, String head, long[] shape, Blueprint plan) {
        String kernel = graph.node(
                "Reshape",
                "maps.kernel",
                List.of(head, graph.longs("maps.kernel.shape", shape[0], features.shape()[0], 1, 1)));
        String maps = graph.node("Conv", "maps.ofViews", List.of(features.value(), kernel));
        return plan.views().size() == 1
                ? maps
                : meanUndone(graph, "maps", byView(graph, "maps.byView", maps, plan, shape), plan);
    }

    /** A batch of all views as {@code [views, batch, dims…]}. */
    private static String byView(OnnxGraph graph, String name, String values, Blueprint plan, long... dims) {
        long[] shape = LongStream.concat(LongStream.of(plan.views().size(), -1), LongStream.of(dims))
                .toArray();
        return graph.node("Reshape", name, List.of(values, graph.longs(name + ".shape", shape)));
    }

    private static String ofView(OnnxGraph graph, String byView, int view) {
        String index = graph.number(byView + "." + view + ".index", view);
        return graph.node("Gather", byView + "." + view, List.of(byView, index), OnnxGraph.integer("axis", 0));
    }

    private static String tempered(OnnxGraph graph, String logits, double temperature) {
        return temperature == 1
                ? logits
                : graph.node(
                        "Div",
                        "tempered",
                        List.of(logits, graph.floats("temperature", new float[] {(float) temperature}, 1)));
    }

    /**
     * From {@code [N, C, H, W]} to {@code [N, 1]}: means over the map, their roots, whitened, and the least distance from a class. The product is an Einsum, which stays in float32 where a graph is rewritten for float16.
     */
    private static String distance(OnnxGraph graph, String features, FeatureDistance to) {
        int width = to.centre().length;
        int classes = to.means().length;
        String means = graph.node(
                "ReduceMean",
                "distance.features",
                List.of(features),
                OnnxGraph.ints("axes", 2, 3),
                OnnxGraph.integer("keepdims", 0));
        String centred = graph.node(
                "Sub",
                "distance.centred",
                List.of(roots(graph, means, to.floor()), graph.floats("distance.centre", to.centre(), width)));
        String white = graph.node(
                "Einsum",
                "distance.white",
                List.of(centred, graph.floats("distance.whitening", to.whitening(), width, width)),
                OnnxGraph.text("equation", "nc,cr->nr"));
        String perClass =
                graph.node("Unsqueeze", "distance.perClass", List.of(white, graph.longs("distance.perClass.axes", 1)));
        float[] places = new float[classes * width];
        for (int k = 0; k < classes; k++) {
            System.arraycopy(to.means()[k], 0, places, k * width, width);
        }
        String off = graph.node(
                "Sub", "distance.off", List.of(perClass, graph.floats("distance.means", places, 1, classes, width)));
        String squares = graph.node(
                "ReduceSumSquare",
                "distance.squares",
                List.of(off),
                OnnxGraph.ints("axes", 2),
                OnnxGraph.integer("keepdims", 0));
        String nearest = graph.node(
                "ReduceMin",
                "distance.nearest",
                List.of(squares),
                OnnxGraph.ints("axes", 1),
                OnnxGraph.integer("keepdims", 1));
        return graph.node("Sqrt", "distance.root", List.of(nearest));
    }

    private static String roots(OnnxGraph graph, String values, float floor) {
        String size = graph.node("Abs", "distance.size", List.of(values));
        String raised = graph.node(
                "Add", "distance.raised", List.of(size, graph.floats("distance.floor", new float[] {floor}, 1)));
        String root = graph.node("Sqrt", "distance.rootOfRaised", List.of(raised));
        float rootOfFloor = (float) Math.sqrt(floor);
        String lowered = graph.node(
                "Sub",
                "distance.lowered",
                List.of(root, graph.floats("distance.rootOfFloor", new float[] {rootOfFloor}, 1)));
        return graph.node(
                "Mul", "distance.roots", List.of(graph.node("Sign", "distance.sign", List.of(values)), lowered));
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
