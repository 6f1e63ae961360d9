package io.scanstream.inference.model;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnxruntime.platform.Fp16Conversions;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.UnsafeByteOperations;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Rewrites a float32 graph so that it multiplies in float16: from its first convolution or matrix product to its last, the
 * operators of {@link #OPERATORS} compute in float16, with their weights; everything else stays as it is, with casts
 * between. So inputs, their normalisation, outputs, heads and what sums over many values (means, norms) are float32, and
 * so is every operator that is not known here.
 */
final class Float16Graph {
    private static final int ALL = Integer.MAX_VALUE;

    /**
     * Operators of ONNX that may compute in float16, with how many of their first inputs are of the type that they compute
     * in; the others are shapes, scales and the like. Their first output is of that type. CUDA has float16 kernels for all.
     */
    private static final Map<String, Integer> OPERATORS = Map.ofEntries(
            Map.entry("Conv", ALL),
            Map.entry("ConvTranspose", ALL),
            Map.entry("Gemm", ALL),
            Map.entry("MatMul", ALL),
            Map.entry("Relu", ALL),
            Map.entry("LeakyRelu", ALL),
            Map.entry("PRelu", ALL),
            Map.entry("Clip", ALL),
            Map.entry("Sigmoid", ALL),
            Map.entry("Tanh", ALL),
            Map.entry("Erf", ALL),
            Map.entry("Neg", ALL),
            Map.entry("Add", ALL),
            Map.entry("Sub", ALL),
            Map.entry("Mul", ALL),
            Map.entry("Concat", ALL),
            Map.entry("Identity", ALL),
            Map.entry("MaxPool", 1),
            Map.entry("AveragePool", 1),
            Map.entry("Resize", 1),
            Map.entry("Flatten", 1),
            Map.entry("Reshape", 1),
            Map.entry("Transpose", 1),
            Map.entry("Slice", 1),
            Map.entry("Squeeze", 1),
            Map.entry("Unsqueeze", 1));

    /** What is worth it. */
    private static final Set<String> PRODUCTS = Set.of("Conv", "ConvTranspose", "Gemm", "MatMul");

    private static final float LARGEST = 65504;
    private static final int FLOAT32 = TensorProto.DataType.FLOAT.getNumber();
    private static final int FLOAT16 = TensorProto.DataType.FLOAT16.getNumber();

    private final GraphProto graph;
    private final Map<String, TensorProto> weights = new HashMap<>();
    private final Set<String> names = new HashSet<>();
    private final GraphProto.Builder rewritten;
    /** From a value to its like in float16, as far as the rewritten graph has it. */
    private final Map<String, String> halves = new HashMap<>();

    private Float16Graph(GraphProto graph) {
        this.graph = graph;
        this.rewritten = graph.toBuilder().clearNode().clearInitializer().clearValueInfo();
    }

    /**
     * Writes the graph of one file into another.
     *
     * @return how many operators multiply in float16 there; if 0, nothing is written
     * @throws IOException if a file cannot be read or written, or is no ONNX
     */
    static int write(Path from, Path to) throws IOException {
        ModelProto model = read(from);
        Float16Graph graph = new Float16Graph(model.getGraph());
        int products = graph.rewrite();
        if (products > 0) {
            try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(to), 1 << 20)) {
                model.toBuilder().setGraph(graph.rewritten).build().writeTo(out);
            }
        }
        return products;
    }

    /** The weights stay in the mapped file: they are most of it, and Java's heap is small. */
    private static ModelProto read(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file)) {
            ByteBuffer mapped = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size());
            CodedInputStream in = UnsafeByteOperations.unsafeWrap(mapped).newCodedInput();
            in.enableAliasing(true);
            in.setSizeLimit(Integer.MAX_VALUE);
            return ModelProto.parseFrom(in);
        }
    }

    private int rewrite() {
        Set<String> inputs = new HashSet<>();
        graph.getInputList().forEach(input -> inputs.add(input.getName()));
        for (TensorProto tensor : graph.getInitializerList()) {
            names.add(tensor.getName());
            if (!inputs.contains(tensor.getName())) {
                weights.put(tensor.getName(), tensor);
            }
        }
        names.addAll(inputs);
        graph.getNodeList().forEach(node -> names.addAll(node.getOutputList()));
        Set<NodeProto> half = half();
        Set<String> wanted = wantedInFloat32(half);
        for (TensorProto tensor : graph.getInitializerList()) {
            if (wanted.contains(tensor.getName()) || !weights.containsKey(tensor.getName())) {
                rewritten.addInitializer(tensor);
            }
        }
        int products = 0;
        for (NodeProto node : graph.getNodeList()) {
            if (half.contains(node)) {
                addHalf(node, wanted.contains(node.getOutput(0)));
                products += PRODUCTS.contains(node.getOpType()) ? 1 : 0;
            } else {
                rewritten.addNode(node);
            }
        }
        return products;
    }

    /** The operators that are to compute in float16: those known, between the first product and the last. */
    private Set<NodeProto> half() {
        Set<String> floats = floats();
        Set<String> after = new HashSet<>();
        for (NodeProto node : graph.getNodeList()) {
            if (isProduct(node) || node.getInputList().stream().anyMatch(after::contains)) {
                after.addAll(node.getOutputList());
            }
        }
        Set<NodeProto> half = Collections.newSetFromMap(new IdentityHashMap<>());
        Set<String> before = new HashSet<>();
        List<NodeProto> nodes = graph.getNodeList();
        for (int i = nodes.size() - 1; i >= 0; i--) {
            NodeProto node = nodes.get(i);
            boolean leadsOn = node.getOutputList().stream().anyMatch(before::contains);
            boolean between = leadsOn && node.getInputList().stream().anyMatch(after::contains);
            if (isProduct(node) || leadsOn) {
                before.addAll(node.getInputList());
            }
            if ((isProduct(node) || between) && isKnown(node) && typed(node).anyMatch(floats::contains) && fits(node)) {
                half.add(node);
            }
        }
        return half;
    }

    private static boolean isProduct(NodeProto node) {
        return isKnown(node) && PRODUCTS.contains(node.getOpType());
    }

    private static boolean isKnown(NodeProto node) {
        return OPERATORS.containsKey(node.getOpType()) && Set.of("", "ai.onnx").contains(node.getDomain());
    }

    /** The inputs that are of the type that a known operator computes in. */
    private static Stream<String> typed(NodeProto node) {
        return node.getInputList().stream()
                .limit(OPERATORS.getOrDefault(node.getOpType(), 0))
                .filter(name -> !name.isEmpty());
    }

    /** Values that are float32 for certain; of the outputs of operators that are not known here nothing is. */
    private Set<String> floats() {
        Set<String> floats = new HashSet<>();
        graph.getInputList().stream()
                .filter(input -> input.getType().getTensorType().getElemType() == FLOAT32)
                .forEach(input -> floats.add(input.getName()));
        graph.getInitializerList().stream()
                .filter(tensor -> tensor.getDataType() == FLOAT32)
                .forEach(tensor -> floats.add(tensor.getName()));
        for (NodeProto node : graph.getNodeList()) {
            boolean toFloat = node.getOpType().equals("Cast")
                    && node.getAttributeList().stream()
                            .anyMatch(to -> to.getName().equals("to") && to.getI() == FLOAT32);
            if (toFloat || (isKnown(node) && typed(node).anyMatch(floats::contains))) {
                floats.add(node.getOutput(0));
            }
        }
        return floats;
    }

    private boolean fits(NodeProto node) {
        for (String name : typed(node).toList()) {
            TensorProto weight = weights.get(name);
            if (weight != null && !fits(weight)) {
                return false;
            }
        }
        return true;
    }

    private static boolean fits(TensorProto tensor) {
        if (tensor.getDataLocation() == TensorProto.DataLocation.EXTERNAL) {
            return false;
        }
        FloatBuffer values = values(tensor);
        while (values.hasRemaining()) {
            float value = Math.abs(values.get());
            if (value > LARGEST && value < Float.POSITIVE_INFINITY) {
                return false;
            }
        }
        return true;
    }

    /** Values that something which stays in float32 takes: outputs of the graph, other operators, graphs within them. */
    private Set<String> wantedInFloat32(Set<NodeProto> half) {
        Set<String> wanted = new HashSet<>();
        graph.getOutputList().forEach(output -> wanted.add(output.getName()));
        for (NodeProto node : graph.getNodeList()) {
            long typed = half.contains(node) ? OPERATORS.getOrDefault(node.getOpType(), 0) : 0;
            node.getInputList().stream().skip(typed).forEach(wanted::add);
            addTakenWithin(node, wanted);
        }
        return wanted;
    }

    private static void addTakenWithin(NodeProto node, Set<String> taken) {
        for (AttributeProto attribute : node.getAttributeList()) {
            for (NodeProto inner : attribute.getG().getNodeList()) {
                taken.addAll(inner.getInputList());
                addTakenWithin(inner, taken);
            }
            attribute.getG().getOutputList().forEach(output -> taken.add(output.getName()));
        }
    }

    private void addHalf(NodeProto node, boolean wanted) {
        NodeProto.Builder half = node.toBuilder();
        int typed = Math.min(node.getInputCount(), OPERATORS.getOrDefault(node.getOpType(), 0));
        for (int i = 0; i < typed; i++) {
            if (!node.getInput(i).isEmpty()) {
                half.setInput(i, half(node.getInput(i)));
            }
        }
        String output = node.getOutput(0);
        String name = unique(output);
        halves.put(output, name);
        rewritten.addNode(half.setOutput(0, name));
        if (wanted) {
            rewritten.addNode(cast(name, output, FLOAT32));
        }
    }

    /** A value in float16: as it was made, as a weight, or cast. */
    private String half(String value) {
        String known = halves.get(value);
        if (known != null) {
            return known;
        }
        String name = unique(value);
        TensorProto weight = weights.get(value);
        if (weight == null) {
            rewritten.addNode(cast(value, name, FLOAT16));
        } else {
            rewritten.addInitializer(half(weight, name));
        }
        halves.put(value, name);
        return name;
    }

    private static TensorProto half(TensorProto weight, String name) {
        FloatBuffer values = values(weight);
        ByteBuffer half = ByteBuffer.allocate(values.remaining() * Short.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        while (values.hasRemaining()) {
            half.putShort(Fp16Conversions.floatToFp16(values.get()));
        }
        return TensorProto.newBuilder()
                .setName(name)
                .setDataType(FLOAT16)
                .addAllDims(weight.getDimsList())
                .setRawData(UnsafeByteOperations.unsafeWrap(half.array()))
                .build();
    }

    private static FloatBuffer values(TensorProto tensor) {
        ByteString raw = tensor.getRawData();
        if (!raw.isEmpty()) {
            return raw.asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
        }
        FloatBuffer values = FloatBuffer.allocate(tensor.getFloatDataCount());
        tensor.getFloatDataList().forEach(values::put);
        return values.flip();
    }

    private static NodeProto cast(String from, String to, int type) {
        return NodeProto.newBuilder()
                .setOpType("Cast")
                .setName(to + ".cast")
                .addInput(from)
                .addOutput(to)
                .addAttribute(AttributeProto.newBuilder()
                        .setName("to")
                        .setType(AttributeProto.AttributeType.INT)
                        .setI(type))
                .build();
    }

    private String unique(String name) {
        String unique = name + ".float16";
        while (!names.add(unique)) {
            unique += "'";
        }
        return unique;
    }
}
