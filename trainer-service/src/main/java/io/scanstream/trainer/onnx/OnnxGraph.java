package io.scanstream.trainer.onnx;

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
import com.google.protobuf.UnsafeByteOperations;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An ONNX graph while it is written, node by node: operator set 17, IR version 8, which ONNX Runtime has read since 1.12.
 * Values are named after the places that make them; the batch dimension is always {@code batch}.
 */
public final class OnnxGraph {
    private static final int OPERATOR_SET = 17;
    private static final int IR_VERSION = 8;

    private final GraphProto.Builder graph = GraphProto.newBuilder();
    private final Set<String> names = new HashSet<>();
    private @Nullable FeatureMap pooled;

    /**
     * The feature map that went into global pooling.
     *
     * @param value its name
     * @param shape {@code [channels, height, width]}
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    public record FeatureMap(String value, long[] shape) {}

    public OnnxGraph(String name) {
        graph.setName(name);
    }

    /** Declares an input of unsigned bytes, {@code [batch, dims…]}. */
    public String bytesInput(String name, long... dims) {
        return input(name, TensorProto.DataType.UINT8, dims);
    }

    /** Declares an input of floats, {@code [batch, dims…]}. */
    public String floatInput(String name, long... dims) {
        return input(name, TensorProto.DataType.FLOAT, dims);
    }

    private String input(String name, TensorProto.DataType type, long... dims) {
        names.add(name);
        graph.addInput(value(name, type, dims));
        return name;
    }

    /** Declares a value as an output of floats, {@code [batch, dims…]}, under a name of its own. */
    public void floatOutput(String name, String value, long... dims) {
        graph.addNode(NodeProto.newBuilder()
                .setOpType("Identity")
                .setName("output." + name)
                .addInput(value)
                .addOutput(name));
        graph.addOutput(value(name, TensorProto.DataType.FLOAT, dims));
    }

    /**
     * Adds a node with one output and returns the output's name, made from the wished one.
     *
     * @param inputs an empty name leaves an optional input out
     */
    public String node(String operator, String wishedName, List<String> inputs, AttributeProto... attributes) {
        String name = unique(wishedName.isEmpty() ? operator : wishedName);
        NodeProto.Builder node =
                NodeProto.newBuilder().setOpType(operator).setName(name).addOutput(name);
        node.addAllInput(inputs);
        node.addAllAttribute(List.of(attributes));
        graph.addNode(node);
        return name;
    }

    /** Adds a constant of floats, row-major, and returns its name; without dimensions it is a scalar. */
    public String floats(String wishedName, float[] values, long... dims) {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        String name = unique(wishedName);
        TensorProto.Builder tensor = TensorProto.newBuilder()
                .setName(name)
                .setDataType(TensorProto.DataType.FLOAT.getNumber())
                .setRawData(UnsafeByteOperations.unsafeWrap(bytes.array()));
        for (long dim : dims) {
            tensor.addDims(dim);
        }
        graph.addInitializer(tensor);
        return name;
    }

    /** Adds a vector of 64-bit integers, for operators that take a shape or a list as an input, and returns its name. */
    public String longs(String wishedName, long... values) {
        return longs(wishedName, values, List.of((long) values.length));
    }

    /** Adds one 64-bit integer, a scalar, and returns its name. */
    public String number(String wishedName, long value) {
        return longs(wishedName, new long[] {value}, List.of());
    }

    private String longs(String wishedName, long[] values, List<Long> dims) {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asLongBuffer().put(values);
        String name = unique(wishedName);
        graph.addInitializer(TensorProto.newBuilder()
                .setName(name)
                .setDataType(TensorProto.DataType.INT64.getNumber())
                .setRawData(UnsafeByteOperations.unsafeWrap(bytes.array()))
                .addAllDims(dims));
        return name;
    }

    /** Remembers what goes into global pooling; a later one takes an earlier one's place. */
    public void globallyPooled(String value, long[] shape) {
        pooled = new FeatureMap(value, shape);
    }

    /** The last feature map that went into global pooling, if any has. */
    public @Nullable FeatureMap pooled() {
        return pooled;
    }

    /**
     * The weights of the one linear layer between global average pooling and a value: {@code [logits, channels]}.
     *
     * @return the constant's name; null where there is anything else between them
     */
    public @Nullable String linearHead(String logits) {
        NodeProto linear = made(logits, "Gemm");
        NodeProto flat = linear == null ? null : made(linear.getInput(0), "Flatten");
        NodeProto means = flat == null ? null : made(flat.getInput(0), "GlobalAveragePool");
        boolean ofPooled = means != null && pooled != null && means.getInput(0).equals(pooled.value());
        return linear != null && ofPooled ? linear.getInput(1) : null;
    }

    /** The node that makes a value; null unless it is of a certain operator. */
    private @Nullable NodeProto made(String value, String operator) {
        for (NodeProto node : graph.getNodeList()) {
            if (node.getOutputList().contains(value)) {
                return node.getOpType().equals(operator) ? node : null;
            }
        }
        return null;
    }

    /** The finished file. */
    public byte[] model(String producer, String producerVersion, Map<String, String> metadata) {
        ModelProto.Builder model = ModelProto.newBuilder()
                .setIrVersion(IR_VERSION)
                .setProducerName(producer)
                .setProducerVersion(producerVersion)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(OPERATOR_SET))
                .setGraph(graph);
        metadata.forEach((key, value) -> model.addMetadataProps(
                StringStringEntryProto.newBuilder().setKey(key).setValue(value)));
        return model.build().toByteArray();
    }

    public static AttributeProto ints(String name, long... values) {
        AttributeProto.Builder attribute =
                AttributeProto.newBuilder().setName(name).setType(AttributeProto.AttributeType.INTS);
        for (long value : values) {
            attribute.addInts(value);
        }
        return attribute.build();
    }

    public static AttributeProto integer(String name, long value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.INT)
                .setI(value)
                .build();
    }

    public static AttributeProto real(String name, double value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.FLOAT)
                .setF((float) value)
                .build();
    }

    public static AttributeProto text(String name, String value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.STRING)
                .setS(ByteString.copyFromUtf8(value))
                .build();
    }

    /** The number of the float type, for Cast. */
    public static long floatType() {
        return TensorProto.DataType.FLOAT.getNumber();
    }

    private String unique(String wished) {
        String name = wished;
        for (int i = 2; !names.add(name); i++) {
            name = wished + "#" + i;
        }
        return name;
    }

    private static ValueInfoProto value(String name, TensorProto.DataType type, long... dims) {
        TensorShapeProto.Builder shape = TensorShapeProto.newBuilder()
                .addDim(TensorShapeProto.Dimension.newBuilder().setDimParam("batch"));
        for (long dim : dims) {
            shape.addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(dim));
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
