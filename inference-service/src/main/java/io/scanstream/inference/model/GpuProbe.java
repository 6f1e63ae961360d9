package io.scanstream.inference.model;

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
import ai.onnxruntime.OrtSession.SessionOptions;
import java.util.Map;

/**
 * A graph of one operator that every provider runs. Where it runs, a model that does not is at fault itself; where it does
 * not, the provider is: a driver, a library or a device is missing.
 */
final class GpuProbe {
    private static final String INPUT = "x";
    private static final String OUTPUT = "y";

    private GpuProbe() {}

    /** Runs it; the options name the provider. */
    static void run(OrtEnvironment environment, SessionOptions options) throws OrtException {
        try (OrtSession session = environment.createSession(graph(), options);
                OnnxTensor one = OnnxTensor.createTensor(environment, new float[] {1});
                OrtSession.Result result = session.run(Map.of(INPUT, one))) {
            float[] answer = (float[]) result.get(0).getValue();
            if (answer[0] != 1) {
                throw new OrtException("it takes the larger of 1 and 0 for " + answer[0]);
            }
        }
    }

    private static byte[] graph() {
        GraphProto.Builder graph = GraphProto.newBuilder()
                .setName("probe")
                .addInput(one(INPUT))
                .addOutput(one(OUTPUT))
                .addNode(
                        NodeProto.newBuilder().setOpType("Relu").addInput(INPUT).addOutput(OUTPUT));
        return ModelProto.newBuilder()
                .setIrVersion(8)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(17))
                .setGraph(graph)
                .build()
                .toByteArray();
    }

    private static ValueInfoProto one(String name) {
        TensorShapeProto shape = TensorShapeProto.newBuilder()
                .addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(1))
                .build();
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder()
                        .setTensorType(TypeProto.Tensor.newBuilder()
                                .setElemType(TensorProto.DataType.FLOAT.getNumber())
                                .setShape(shape)))
                .build();
    }
}
