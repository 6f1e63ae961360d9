package io.scanstream.inference.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class Float16GraphTest {
    private static final int SIDE = 8;

    @TempDir
    Path folder;

    private final Random random = new Random(3);
    private final GraphProto.Builder graph = GraphProto.newBuilder()
            .setName("graph")
            .addInput(value("x", TensorProto.DataType.FLOAT, -1, 3, SIDE, SIDE))
            .addOutput(value("y", TensorProto.DataType.FLOAT));

    @Test
    void multipliesInFloat16AndNormalisesAndDecidesInFloat32() throws Exception {
        weight("scale", 1, 3, 1, 1);
        weight("w1", 4, 3, 3, 3);
        weight("b1", 4);
        weight("w2", 2, 4, 1, 1);
        node("Mul", "normalised", "x", "scale");
        node("Conv", "c1", "normalised", "w1", "b1");
        node("Relu", "r1", "c1");
        node("Conv", "c2", "r1", "w2");
        node("GlobalAveragePool", "pooled", "c2");
        graph.addNode(op("Softmax", "y", "pooled").addAttribute(integer("axis", 1)));

        GraphProto half = rewritten(2);

        assertThat(types(half))
                .containsOnly(
                        Map.entry("scale", 1),
                        Map.entry("w1.float16", 10),
                        Map.entry("b1.float16", 10),
                        Map.entry("w2.float16", 10));
        assertThat(half.getNodeList())
                .extracting(NodeProto::getOpType)
                .containsExactly("Mul", "Cast", "Conv", "Relu", "Conv", "Cast", "GlobalAveragePool", "Softmax");
        requireAlike();
    }

    /** What the trainer's networks are made of: skips, squeeze and excite, both ways up, group norms, SiLU, a clip. */
    @Test
    void takesEveryKindOfNetworkThatIsExported() throws Exception {
        weight("stem", 8, 3, 3, 3);
        pads("Conv", "s", "x", "stem");
        node("InstanceNormalization", "n", "s", weight("gamma", 8), weight("beta", 8));
        node("Sigmoid", "gate", "n");
        node("Mul", "silu", "n", "gate");
        pads("Conv", "inner", "silu", weight("w1", 8, 8, 3, 3));
        node("Clip", "clipped", "inner", constant("low", 0), constant("high", 6));
        node("Add", "skip", "silu", "clipped");
        node("GlobalAveragePool", "squeezed", "skip");
        node("Conv", "excited", "squeezed", weight("w2", 8, 8, 1, 1));
        node("Sigmoid", "weights", "excited");
        node("Mul", "weighted", "skip", "weights");
        pooled("MaxPool", "down", "weighted");
        node("PRelu", "prelu", "down", weight("slope", 8, 1, 1));
        graph.addNode(
                op("ConvTranspose", "up", "prelu", weight("w3", 8, 4, 2, 2)).addAttribute(ints("strides", 2, 2)));
        pooled("AveragePool", "coarse", "weighted");
        graph.addInitializer(TensorProto.newBuilder()
                .setName("twice")
                .setDataType(1)
                .addDims(4)
                .addAllFloatData(List.of(1f, 1f, 2f, 2f)));
        graph.addNode(op("Resize", "wide", "coarse", "", "twice").addAttribute(text("mode", "nearest")));
        graph.addNode(op("Concat", "both", "up", "wide").addAttribute(integer("axis", 1)));
        node("Conv", "map", "both", weight("w4", 2, 12, 1, 1));
        node("Erf", "erf", "map");
        graph.addInitializer(longs("rows", -1, 2 * SIDE * SIDE));
        node("Reshape", "flat", "erf", "rows");
        node("MatMul", "logits", "flat", weight("w5", 2 * SIDE * SIDE, 3));
        node("Identity", "y", "logits");

        rewritten(6);

        requireAlike();
    }

    /** What a graph within takes has the same name and type as before. */
    @Test
    void graphsWithinTakeFloat32() throws Exception {
        GraphProto.Builder branch = GraphProto.newBuilder()
                .setName("branch")
                .addNode(op("Neg", "negative", "c1"))
                .addOutput(value("negative", TensorProto.DataType.FLOAT));
        graph.addInitializer(TensorProto.newBuilder()
                .setName("yes")
                .setDataType(TensorProto.DataType.BOOL.getNumber())
                .addInt32Data(1));
        node("Conv", "c1", "x", weight("w1", 3, 3, 1, 1));
        graph.addNode(op("If", "chosen", "yes")
                .addAttribute(within("then_branch", branch))
                .addAttribute(within("else_branch", branch)));
        node("Mul", "product", "chosen", "c1");
        node("Conv", "y", "product", weight("w2", 3, 3, 1, 1));

        rewritten(2);

        requireAlike();
    }

    @Test
    void aWeightBeyondFloat16KeepsItsOperatorInFloat32() throws Exception {
        graph.addInitializer(TensorProto.newBuilder()
                .setName("large")
                .setDataType(1)
                .addAllDims(List.of(1L, 3L, 1L, 1L))
                .addAllFloatData(List.of(1f, 70_000f, 1f)));
        node("Conv", "c1", "x", "large");
        node("Conv", "y", "c1", weight("w2", 1, 1, 1, 1));

        GraphProto half = rewritten(1);

        assertThat(types(half)).containsOnly(Map.entry("large", 1), Map.entry("w2.float16", 10));
    }

    @Test
    void roundsToTheNearestAndKeepsTheShape() throws Exception {
        graph.addInitializer(TensorProto.newBuilder()
                .setName("w")
                .setDataType(1)
                .addAllDims(List.of(2L, 3L, 1L, 1L))
                .addAllFloatData(List.of(1f, -0.05f, 65504f, 1 + 0x1p-11f, 1 + 0x1.8p-10f, 0x1p-25f)));
        node("Conv", "y", "x", "w");

        TensorProto half = rewritten(1).getInitializer(0);

        ShortBuffer bits = half.getRawData()
                .asReadOnlyByteBuffer()
                .order(ByteOrder.LITTLE_ENDIAN)
                .asShortBuffer();
        short[] all = new short[6];
        bits.get(all);
        assertThat(half.getDimsList()).containsExactly(2L, 3L, 1L, 1L);
        assertThat(all).containsExactly(0x3c00, (short) 0xaa66, 0x7bff, 0x3c00, 0x3c02, 0);
    }

    @Test
    void writesNothingWhereNothingIsMultiplied() throws Exception {
        node("Softmax", "y", "x");
        Files.write(folder.resolve("from"), model());

        assertThat(Float16Graph.write(folder.resolve("from"), folder.resolve("to")))
                .isZero();
        assertThat(folder.resolve("to")).doesNotExist();
    }

    @Test
    void saysWhatIsNoOnnx() throws IOException {
        Files.write(folder.resolve("from"), new byte[] {1, 2, 3});

        assertThatThrownBy(() -> Float16Graph.write(folder.resolve("from"), folder.resolve("to")))
                .isInstanceOf(IOException.class);
    }

    private GraphProto rewritten(int products) throws IOException {
        Files.write(folder.resolve("from"), model());
        assertThat(Float16Graph.write(folder.resolve("from"), folder.resolve("to")))
                .isEqualTo(products);
        return ModelProto.parseFrom(Files.readAllBytes(folder.resolve("to"))).getGraph();
    }

    private static Map<String, Integer> types(GraphProto half) {
        return half.getInitializerList().stream()
                .collect(Collectors.toMap(TensorProto::getName, TensorProto::getDataType));
    }

    /** Both files give the same within float16's reach, but not to the last bit. */
    private void requireAlike() throws OrtException {
        float[] exact = run(folder.resolve("from"));
        float[] half = run(folder.resolve("to"));
        double worst = 0;
        double largest = 0;
        for (int i = 0; i < exact.length; i++) {
            worst = Math.max(worst, Math.abs(exact[i] - half[i]));
            largest = Math.max(largest, Math.abs(exact[i]));
        }
        assertThat(worst / largest).isBetween(1e-7, 5e-3);
    }

    private static float[] run(Path file) throws OrtException {
        OrtEnvironment environment = KeptEnvironment.get();
        float[] pixels = new float[2 * 3 * SIDE * SIDE];
        Random noise = new Random(5);
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = noise.nextFloat() * 2 - 1;
        }
        try (OrtSession session = environment.createSession(file.toString());
                OnnxTensor x =
                        OnnxTensor.createTensor(environment, FloatBuffer.wrap(pixels), new long[] {2, 3, SIDE, SIDE});
                OrtSession.Result result = session.run(Map.of("x", x), Set.of("y"))) {
            FloatBuffer values = ((OnnxTensor) result.get(0)).getFloatBuffer();
            float[] all = new float[values.remaining()];
            values.get(all);
            return all;
        }
    }

    private byte[] model() {
        return ModelProto.newBuilder()
                .setIrVersion(8)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(17))
                .setGraph(graph)
                .build()
                .toByteArray();
    }

    private String weight(String name, long... dims) {
        int size = (int) Arrays.stream(dims).reduce(1, (a, b) -> a * b);
        TensorProto.Builder tensor = TensorProto.newBuilder().setName(name).setDataType(1);
        Arrays.stream(dims).forEach(tensor::addDims);
        for (int i = 0; i < size; i++) {
            tensor.addFloatData(random.nextFloat() - 0.5f);
        }
        graph.addInitializer(tensor);
        return name;
    }

    private String constant(String name, float number) {
        graph.addInitializer(
                TensorProto.newBuilder().setName(name).setDataType(1).addFloatData(number));
        return name;
    }

    private static TensorProto longs(String name, long... values) {
        TensorProto.Builder tensor = TensorProto.newBuilder()
                .setName(name)
                .setDataType(TensorProto.DataType.INT64.getNumber())
                .addDims(values.length);
        Arrays.stream(values).forEach(tensor::addInt64Data);
        return tensor.build();
    }

    private void node(String operator, String output, String... inputs) {
        graph.addNode(op(operator, output, inputs));
    }

    private void pads(String operator, String output, String... inputs) {
        graph.addNode(op(operator, output, inputs).addAttribute(ints("pads", 1, 1, 1, 1)));
    }

    private void pooled(String operator, String output, String input) {
        graph.addNode(op(operator, output, input)
                .addAttribute(ints("kernel_shape", 2, 2))
                .addAttribute(ints("strides", 2, 2)));
    }

    private static NodeProto.Builder op(String operator, String output, String... inputs) {
        return NodeProto.newBuilder()
                .setOpType(operator)
                .setName(output)
                .addOutput(output)
                .addAllInput(List.of(inputs));
    }

    private static AttributeProto ints(String name, long... values) {
        AttributeProto.Builder attribute =
                AttributeProto.newBuilder().setName(name).setType(AttributeProto.AttributeType.INTS);
        Arrays.stream(values).forEach(attribute::addInts);
        return attribute.build();
    }

    private static AttributeProto integer(String name, long value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.INT)
                .setI(value)
                .build();
    }

    private static AttributeProto text(String name, String value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.STRING)
                .setS(ByteString.copyFromUtf8(value))
                .build();
    }

    private static AttributeProto within(String name, GraphProto.Builder inner) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.GRAPH)
                .setG(inner)
                .build();
    }

    private static ValueInfoProto value(String name, TensorProto.DataType type, long... dims) {
        TypeProto.Tensor.Builder tensor = TypeProto.Tensor.newBuilder().setElemType(type.getNumber());
        if (dims.length > 0) {
            TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
            for (long dim : dims) {
                shape.addDim(
                        dim < 0
                                ? TensorShapeProto.Dimension.newBuilder().setDimParam("batch")
                                : TensorShapeProto.Dimension.newBuilder().setDimValue(dim));
            }
            tensor.setShape(shape);
        }
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder().setTensorType(tensor))
                .build();
    }
}
