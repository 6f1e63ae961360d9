package io.scanstream.inference;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.model.Golden;
import io.scanstream.contracts.model.ModelCard;
import io.scanstream.contracts.model.NoveltyGuard;
import io.scanstream.contracts.model.OnnxMetadata;
import io.scanstream.contracts.model.Preprocessing;
import io.scanstream.contracts.model.Referral;
import io.scanstream.contracts.model.Task;
import io.scanstream.contracts.recipe.Recipe;
import io.scanstream.contracts.recipe.RecipeReader;
import io.scanstream.imaging.PngWriter;
import io.scanstream.storage.ModelPackage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A real model in a few nodes: the mean of each colour, times a gain, is a class's logit. What it must say of a plain
 * coloured image can be computed by hand, and is.
 */
public final class TinyModel {
    public static final List<String> CLASSES = List.of("benign", "cancer", "normal");
    public static final int SIDE = 16;

    /** What the graph does with an image that is black all over. */
    public enum OnBlack {
        SCORES,
        /** The smallest integer divided by -1, which no integer can hold: SIGFPE in ONNX Runtime. */
        KILLS,
        GIVES_NAN,
        /** Runs for a second or so, in small operators. */
        DAWDLES,
        /** Runs for hours, in small operators. */
        LOOPS,
        /** Runs for hours in one operator. */
        HANGS
    }

    private static final float GAIN = 0.05f;
    private static final float DISTANCE_GAIN = 0.1f;

    private String name = "tiny";
    private String version = "20260101-000000-00000001";
    private OnBlack onBlack = OnBlack.SCORES;
    private double goldenShift;
    private @Nullable Double threshold;
    private @Nullable Referral referral;
    private Task task = Task.CLASSIFICATION;
    private boolean goldenMaskTurned;
    private float convolutionGain;
    private @Nullable Double noveltyThreshold;
    private double goldenDistanceShift;
    private boolean maps;

    public static TinyModel aModel() {
        return new TinyModel();
    }

    public TinyModel named(String newName) {
        name = newName;
        return this;
    }

    public TinyModel version(String newVersion) {
        version = newVersion;
        return this;
    }

    public TinyModel onBlack(OnBlack behaviour) {
        onBlack = behaviour;
        return this;
    }

    /** Golden logits that the model does not give. */
    public TinyModel withGoldensOffBy(double shift) {
        goldenShift = shift;
        return this;
    }

    /** Each pixel's colour, times a gain, is its logits. */
    public TinyModel segmenting() {
        task = Task.SEGMENTATION;
        return this;
    }

    /** As {@link #segmenting}, with masks in the golden scores that the model does not give. */
    public TinyModel segmentingWithOtherMasks() {
        goldenMaskTurned = true;
        return segmenting();
    }

    /**
     * The same scores, by two convolutions.
     *
     * @param innerGain of the first; the second takes it back. Below 3e-8 float16 takes it for 0
     */
    public TinyModel convolving(double innerGain) {
        convolutionGain = (float) innerGain;
        return this;
    }

    /** A threshold on cancer, the positive class. */
    public TinyModel withThreshold(double newThreshold) {
        threshold = newThreshold;
        return this;
    }

    /** Decisions of less than this are referred to a person. */
    public TinyModel referringBelow(double confidence) {
        referral = new Referral(0.9, confidence, new Referral.Kept(0.5, 0.9), null, List.of());
        return this;
    }

    /** A distance, a tenth of the mean of red, and above which one a scan is flagged. */
    public TinyModel flaggingAbove(double newThreshold) {
        noveltyThreshold = newThreshold;
        return this;
    }

    /** Golden distances that the model does not give. */
    public TinyModel withGoldenDistancesOffBy(double shift) {
        goldenDistanceShift = shift;
        return this;
    }

    private @Nullable NoveltyGuard guard() {
        return noveltyThreshold == null
                ? null
                : new NoveltyGuard(noveltyThreshold, 0.01, 100, new NoveltyGuard.Flagged(99, 0), null);
    }

    private @Nullable Double distance(int[] colour) {
        return noveltyThreshold == null ? null : DISTANCE_GAIN * (double) colour[0] + goldenDistanceShift;
    }

    /** With what each pixel adds to the logits. */
    public TinyModel mapping() {
        maps = true;
        return this;
    }

    /** A PNG of one colour, 0 to 255 each. */
    public static byte[] png(int red, int green, int blue, int widthPx, int heightPx) {
        byte[] pixels = new byte[widthPx * heightPx * 3];
        for (int i = 0; i < pixels.length; i += 3) {
            pixels[i] = (byte) red;
            pixels[i + 1] = (byte) green;
            pixels[i + 2] = (byte) blue;
        }
        return PngWriter.encode(pixels, widthPx, heightPx, 3);
    }

    /** What a model of this kind says of an image of one colour. */
    public static double[] probabilities(int... colour) {
        double[] exp = new double[colour.length];
        double sum = 0;
        for (int i = 0; i < colour.length; i++) {
            exp[i] = Math.exp(GAIN * colour[i]);
            sum += exp[i];
        }
        for (int i = 0; i < exp.length; i++) {
            exp[i] /= sum;
        }
        return exp;
    }

    /** Writes the package, sealed. */
    public ModelPackage write(Path folder) {
        Preprocessing preprocessing = Preprocessing.stretched(SIDE, SIDE, 3);
        Recipe recipe = RecipeReader.read("""
                name: tiny
                about: a test's recipe
                data: {widthPx: 16, heightPx: 16}
                network: {architecture: tiny}
                optimizer: {type: adam, learningRate: 0.001}
                training: {epochs: 1, batchSize: 8}
                """.getBytes(StandardCharsets.UTF_8));
        OnnxMetadata metadata = new OnnxMetadata(task, CLASSES, "cancer", preprocessing, 1, recipe.sha256(), "a test");
        ModelCard card = new ModelCard(
                ModelCard.SCHEMA_VERSION,
                name,
                version,
                task,
                CLASSES,
                "cancer",
                threshold,
                null,
                null,
                referral,
                guard(),
                preprocessing,
                Map.of(),
                null,
                "0".repeat(64),
                Map.of(),
                recipe,
                recipe.sha256(),
                1,
                1,
                0,
                0,
                List.of(),
                Map.of(),
                null,
                ModelCard.RESEARCH_USE_ONLY,
                Instant.parse("2026-01-01T00:00:00Z"));
        try {
            Files.createDirectories(folder.resolve("golden"));
            Files.write(folder.resolve(ModelPackage.MODEL), onnx(metadata));
            Files.write(folder.resolve(ModelPackage.CARD), Json.prettyBytes(card));
            writeGoldens(folder, card);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return ModelPackage.seal(folder);
    }

    private void writeGoldens(Path folder, ModelCard card) throws IOException {
        int[][] colours = {{200, 40, 60}, {30, 180, 50}, {20, 90, 220}, {110, 120, 100}};
        int[][] sizes = {{SIDE, SIDE}, {33, 21}, {7, 64}, {101, 99}};
        List<Golden.Case> cases = new ArrayList<>();
        for (int i = 0; i < colours.length; i++) {
            int[] colour = colours[i];
            String file = i + ".png";
            Files.write(
                    folder.resolve("golden").resolve(file),
                    png(colour[0], colour[1], colour[2], sizes[i][0], sizes[i][1]));
            List<Double> logits = new ArrayList<>();
            List<Double> probabilities = new ArrayList<>();
            double[] exact = probabilities(colour);
            int samples = task == Task.SEGMENTATION ? Golden.samplePoints(SIDE, SIDE).length : 1;
            for (int k = 0; k < colour.length; k++) {
                logits.addAll(Collections.nCopies(samples, GAIN * (double) colour[k] + goldenShift));
                probabilities.add(exact[k]);
            }
            String decision = card.decide(exact);
            String maskFile = null;
            if (task == Task.SEGMENTATION) {
                maskFile = i + ".mask.png";
                byte[] mask = new byte[SIDE * SIDE];
                Arrays.fill(mask, (byte) ((CLASSES.indexOf(decision) + (goldenMaskTurned ? 1 : 0)) % CLASSES.size()));
                Files.write(folder.resolve("golden").resolve(maskFile), PngWriter.encode(mask, SIDE, SIDE, 1));
            }
            cases.add(new Golden.Case(file, logits, probabilities, decision, distance(colour), maskFile));
        }
        Files.write(folder.resolve(ModelPackage.GOLDEN), Json.prettyBytes(new Golden(cases)));
    }

    private byte[] onnx(OnnxMetadata metadata) {
        GraphProto.Builder graph = GraphProto.newBuilder().setName("tiny");
        graph.addInput(value("scan", TensorProto.DataType.UINT8, "batch", SIDE, SIDE, 3));
        graph.addNode(cast("pixels", "scan", TensorProto.DataType.FLOAT));
        String logits = "logits";
        String colours = onBlack == OnBlack.SCORES ? logits : "colours";
        if (convolutionGain > 0) {
            addConvolutions(graph, colours);
        } else if (task == Task.SEGMENTATION) {
            graph.addNode(node("Transpose", "means", "pixels").addAttribute(ints("perm", 0, 3, 1, 2)));
        } else {
            graph.addNode(node("ReduceMean", "means", "pixels")
                    .addAttribute(ints("axes", 1, 2))
                    .addAttribute(integer("keepdims", 0)));
        }
        if (convolutionGain == 0) {
            graph.addInitializer(floats("gain", GAIN));
            graph.addNode(node("Mul", colours, "means", "gain"));
        }
        addBlackness(graph);
        graph.addNode(node("Softmax", "probabilities", logits).addAttribute(integer("axis", 1)));
        Object[] shape = task == Task.SEGMENTATION
                ? new Object[] {"batch", CLASSES.size(), SIDE, SIDE}
                : new Object[] {"batch", CLASSES.size()};
        if (noveltyThreshold != null) {
            graph.addInitializer(longs("red", 0));
            graph.addInitializer(floats("distance.gain", DISTANCE_GAIN));
            graph.addNode(node("Gather", "mean.red", "means", "red").addAttribute(integer("axis", 1)));
            graph.addNode(node("Mul", "distance", "mean.red", "distance.gain"));
            graph.addOutput(value("distance", TensorProto.DataType.FLOAT, "batch", 1));
        }
        if (maps) {
            graph.addNode(node("Transpose", "planes", "pixels").addAttribute(ints("perm", 0, 3, 1, 2)));
            graph.addNode(node("Mul", "maps", "planes", "gain"));
            graph.addOutput(value("maps", TensorProto.DataType.FLOAT, "batch", CLASSES.size(), SIDE, SIDE));
        }
        graph.addOutput(value("probabilities", TensorProto.DataType.FLOAT, shape));
        graph.addOutput(value(logits, TensorProto.DataType.FLOAT, shape));
        ModelProto.Builder model = ModelProto.newBuilder()
                .setIrVersion(8)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(17))
                .setGraph(graph);
        metadata.toProperties()
                .forEach((key, text) -> model.addMetadataProps(
                        StringStringEntryProto.newBuilder().setKey(key).setValue(text)));
        return model.build().toByteArray();
    }

    /** The gain, as the product of two convolutions of one pixel. */
    private void addConvolutions(GraphProto.Builder graph, String output) {
        graph.addInitializer(diagonal("inner.weight", convolutionGain));
        graph.addInitializer(diagonal("outer.weight", GAIN / convolutionGain));
        graph.addNode(node("Transpose", "planes", "pixels").addAttribute(ints("perm", 0, 3, 1, 2)));
        graph.addNode(node("Conv", "inner", "planes", "inner.weight"));
        graph.addNode(node("Relu", "positive", "inner"));
        if (task == Task.SEGMENTATION) {
            graph.addNode(node("Conv", output, "positive", "outer.weight"));
        } else {
            graph.addNode(node("Conv", "outer", "positive", "outer.weight"));
            graph.addNode(node("ReduceMean", output, "outer")
                    .addAttribute(ints("axes", 2, 3))
                    .addAttribute(integer("keepdims", 0)));
        }
    }

    private static TensorProto diagonal(String name, float value) {
        TensorProto.Builder tensor = TensorProto.newBuilder()
                .setName(name)
                .setDataType(TensorProto.DataType.FLOAT.getNumber())
                .addAllDims(List.of(3L, 3L, 1L, 1L));
        for (int i = 0; i < 9; i++) {
            tensor.addFloatData(i % 4 == 0 ? value : 0);
        }
        return tensor.build();
    }

    /** Adds to each logit 0 times a quotient by the sum of all pixels, which misbehaves as asked. */
    private void addBlackness(GraphProto.Builder graph) {
        if (onBlack == OnBlack.SCORES) {
            return;
        }
        if (turns() > 0) {
            addLoop(graph, turns());
            return;
        }
        TensorProto.DataType type = onBlack == OnBlack.KILLS ? TensorProto.DataType.INT64 : TensorProto.DataType.FLOAT;
        graph.addNode(cast("typed", "scan", type));
        graph.addInitializer(longs("axes", 1, 2, 3));
        graph.addNode(node("ReduceSum", "sum", "typed", "axes").addAttribute(integer("keepdims", 0)));
        if (onBlack == OnBlack.KILLS) {
            graph.addInitializer(longs("smallest", Long.MIN_VALUE));
            graph.addInitializer(longs("1", 1));
            graph.addNode(node("Sub", "divisor", "sum", "1"));
            graph.addNode(node("Div", "quotient", "smallest", "divisor"));
        } else {
            graph.addNode(node("Div", "quotient", "sum", "sum"));
        }
        graph.addNode(cast("one", "quotient", TensorProto.DataType.FLOAT));
        graph.addInitializer(floats("nothing", 0));
        graph.addNode(node("Mul", "zero", "one", "nothing"));
        graph.addInitializer(longs("column", -1, 1));
        graph.addNode(node("Reshape", "zeros", "zero", "column"));
        graph.addNode(node("Add", "logits", "colours", "zeros"));
    }

    private long turns() {
        return switch (onBlack) {
            case DAWDLES -> 300_000;
            case LOOPS -> Long.MAX_VALUE;
            case HANGS -> 1;
            default -> 0;
        };
    }

    /** Adds to each logit the 0 that a loop leaves, which does not turn at all unless a scan of the batch is black. */
    private void addLoop(GraphProto.Builder graph, long turns) {
        graph.addInitializer(longs("axes", 1, 2, 3));
        graph.addInitializer(scalar("1", 1));
        graph.addInitializer(scalar("turns", turns));
        graph.addInitializer(longs("square", 1, 1, 4096, 4096));
        graph.addInitializer(floats("nothing", 0));
        graph.addNode(cast("typed", "scan", TensorProto.DataType.INT64));
        graph.addNode(node("ReduceSum", "sums", "typed", "axes").addAttribute(integer("keepdims", 0)));
        graph.addNode(node("ReduceMin", "least", "sums").addAttribute(integer("keepdims", 0)));
        graph.addNode(node("Min", "light", "least", "1"));
        graph.addNode(node("Sub", "black", "1", "light"));
        graph.addNode(node("Mul", "trips", "black", "turns"));
        GraphProto.Builder body = GraphProto.newBuilder().setName("turn");
        body.addInput(value("turn", TensorProto.DataType.INT64));
        body.addInput(value("goesOn", TensorProto.DataType.BOOL));
        body.addInput(value("before", TensorProto.DataType.FLOAT));
        if (onBlack == OnBlack.HANGS) {
            // A window of 2048 by 2048 at each of 4 million places.
            body.addNode(node("Expand", "plane", "before", "square"));
            body.addNode(node("MaxPool", "pooled", "plane").addAttribute(ints("kernel_shape", 2048, 2048)));
            body.addNode(node("ReduceMax", "most", "pooled").addAttribute(integer("keepdims", 0)));
            body.addNode(node("Mul", "after", "most", "nothing"));
        } else {
            body.addNode(node("Add", "after", "before", "nothing"));
        }
        body.addNode(node("Identity", "stillGoesOn", "goesOn"));
        body.addOutput(value("stillGoesOn", TensorProto.DataType.BOOL));
        body.addOutput(value("after", TensorProto.DataType.FLOAT));
        graph.addNode(node("Loop", "zero", "trips", "", "nothing")
                .addAttribute(AttributeProto.newBuilder()
                        .setName("body")
                        .setType(AttributeProto.AttributeType.GRAPH)
                        .setG(body)));
        graph.addNode(node("Add", "logits", "colours", "zero"));
    }

    private static TensorProto scalar(String name, long number) {
        return longs(name, number).toBuilder().clearDims().build();
    }

    private static NodeProto.Builder node(String op, String output, String... inputs) {
        return NodeProto.newBuilder()
                .setOpType(op)
                .setName(op + "_" + output)
                .addOutput(output)
                .addAllInput(List.of(inputs));
    }

    private static NodeProto.Builder cast(String output, String input, TensorProto.DataType to) {
        return node("Cast", output, input).addAttribute(integer("to", to.getNumber()));
    }

    private static AttributeProto integer(String name, long number) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.INT)
                .setI(number)
                .build();
    }

    private static AttributeProto ints(String name, long... numbers) {
        AttributeProto.Builder attribute =
                AttributeProto.newBuilder().setName(name).setType(AttributeProto.AttributeType.INTS);
        for (long number : numbers) {
            attribute.addInts(number);
        }
        return attribute.build();
    }

    private static TensorProto floats(String name, float number) {
        return TensorProto.newBuilder()
                .setName(name)
                .setDataType(TensorProto.DataType.FLOAT.getNumber())
                .addFloatData(number)
                .build();
    }

    private static TensorProto longs(String name, long... numbers) {
        ByteBuffer raw = ByteBuffer.allocate(8 * numbers.length).order(ByteOrder.LITTLE_ENDIAN);
        for (long number : numbers) {
            raw.putLong(number);
        }
        return TensorProto.newBuilder()
                .setName(name)
                .setDataType(TensorProto.DataType.INT64.getNumber())
                .addDims(numbers.length)
                .setRawData(ByteString.copyFrom(raw.array()))
                .build();
    }

    private static ValueInfoProto value(String name, TensorProto.DataType type, Object... dims) {
        TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
        for (Object dim : dims) {
            TensorShapeProto.Dimension.Builder dimension = TensorShapeProto.Dimension.newBuilder();
            shape.addDim(
                    dim instanceof Integer number
                            ? dimension.setDimValue(number)
                            : dimension.setDimParam(dim.toString()));
        }
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder()
                        .setTensorType(TypeProto.Tensor.newBuilder()
                                .setElemType(type.getNumber())
                                .setShape(shape)))
                .build();
    }
}
