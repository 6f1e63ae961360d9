package io.scanstream.trainer.network;

import io.scanstream.contracts.recipe.TestTimeAugmentation;
import io.scanstream.trainer.onnx.OnnxGraph;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * One of the eight ways in which a square can lie: rows and columns changed over or not, then top and bottom, then left and
 * right.
 */
public record View(boolean transposed, boolean upsideDown, boolean mirrored) {
    /** Where an image comes in and a map of its pixels goes out. */
    private static final int HEIGHT = 2;

    private static final int WIDTH = 3;
    private static final boolean[] NO_AND_YES = {false, true};

    /** The image as it came in. */
    static final View AS_IS = new View(false, false, false);

    /** All that the changes give together, first of all the image as it is. */
    static List<View> of(Collection<TestTimeAugmentation> changes) {
        boolean turns = changes.contains(TestTimeAugmentation.QUARTER_TURNS);
        boolean mirrors = changes.contains(TestTimeAugmentation.HORIZONTAL_FLIP);
        boolean turnsOver = changes.contains(TestTimeAugmentation.VERTICAL_FLIP);
        List<View> views = new ArrayList<>();
        for (boolean transposed : NO_AND_YES) {
            for (boolean upsideDown : NO_AND_YES) {
                for (boolean mirrored : NO_AND_YES) {
                    View view = new View(transposed, upsideDown, mirrored);
                    boolean given = turns
                            ? mirrors || turnsOver || view.isTurn()
                            : !transposed && (!upsideDown || turnsOver) && (!mirrored || mirrors);
                    if (given) {
                        views.add(view);
                    }
                }
            }
        }
        return List.copyOf(views);
    }

    /** Whether it comes about without looking from behind: by an even number of changes. */
    private boolean isTurn() {
        return !(transposed ^ upsideDown ^ mirrored);
    }

    /** An image or a map, {@code [N, C, H, W]}, as it is seen so. */
    Tensor of(Tensor map) {
        return flipped(transposed ? map.transpose(HEIGHT, WIDTH) : map);
    }

    /** What is seen so, as it lies in the image that came in. */
    Tensor undo(Tensor seen) {
        Tensor map = flipped(seen);
        return transposed ? map.transpose(HEIGHT, WIDTH) : map;
    }

    private Tensor flipped(Tensor map) {
        return flips().length == 0 ? map : map.flip(flips());
    }

    /** As {@link #of}, in an ONNX graph. */
    String emit(OnnxGraph graph, String map, String name) {
        return emitFlips(graph, transposed ? emitTransposition(graph, map, name) : map, name);
    }

    /** As {@link #undo}, in an ONNX graph. */
    String emitUndo(OnnxGraph graph, String seen, String name) {
        String map = emitFlips(graph, seen, name);
        return transposed ? emitTransposition(graph, map, name) : map;
    }

    private String emitFlips(OnnxGraph graph, String map, String name) {
        long[] flips = flips();
        if (flips.length == 0) {
            return map;
        }
        // From the end to before the beginning, in steps of -1: both bounds are cut to the dimension.
        String last = graph.longs(name + ".last", same(flips.length, Long.MAX_VALUE));
        String beforeFirst = graph.longs(name + ".beforeFirst", same(flips.length, Long.MIN_VALUE));
        String dimensions = graph.longs(name + ".dimensions", flips);
        String backwards = graph.longs(name + ".backwards", same(flips.length, -1));
        return graph.node("Slice", name + ".flipped", List.of(map, last, beforeFirst, dimensions, backwards));
    }

    private static String emitTransposition(OnnxGraph graph, String map, String name) {
        return graph.node("Transpose", name + ".transposed", List.of(map), OnnxGraph.ints("perm", 0, 1, WIDTH, HEIGHT));
    }

    /** The dimensions whose order changes. */
    private long[] flips() {
        if (upsideDown && mirrored) {
            return new long[] {HEIGHT, WIDTH};
        }
        return upsideDown ? new long[] {HEIGHT} : mirrored ? new long[] {WIDTH} : new long[0];
    }

    private static long[] same(int count, long value) {
        long[] values = new long[count];
        Arrays.fill(values, value);
        return values;
    }
}
