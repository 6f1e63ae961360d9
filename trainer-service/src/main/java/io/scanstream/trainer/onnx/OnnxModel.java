package io.scanstream.trainer.onnx;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.model.OnnxMetadata;
import io.scanstream.contracts.model.Task;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.Map;
import java.util.Set;

/** An exported model in ONNX Runtime on the CPU: what serving will compute. The caller closes it. */
public final class OnnxModel implements AutoCloseable {
    private static final int MOST_IMAGES = 64;
    private static final long MOST_BYTES = 64L << 20;

    private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
    private final OrtSession session;
    private final OnnxMetadata metadata;

    /**
     * Scores of a batch.
     *
     * @param logits {@code [N, outputs]}, the raw head; of a segmenter {@code [N, outputs · height · width]}
     * @param probabilities {@code [N, classes]}, in class order; of a segmenter {@code [N, classes · height · width]}
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared, and a batch is large
    public record Scores(float[][] logits, float[][] probabilities) {}

    /**
     * Loads a file.
     *
     * @throws ScanstreamException {@code MODEL_NOT_VERIFIED} when ONNX Runtime does not take it or its metadata is not ours
     */
    public OnnxModel(byte[] file) {
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            this.session = environment.createSession(file, options);
        } catch (OrtException e) {
            throw failed("ONNX Runtime does not take the exported file", e);
        }
        try {
            this.metadata = OnnxMetadata.fromProperties(session.getMetadata().getCustomMetadata());
        } catch (OrtException e) {
            throw failed("the exported file's metadata cannot be read", e);
        }
    }

    public OnnxMetadata metadata() {
        return metadata;
    }

    /** How many images to score at once, so that neither pixels nor probabilities take much room. */
    public int batchSize() {
        long pixels = (long) metadata.preprocessing().widthPx()
                * metadata.preprocessing().heightPx();
        long bytesEach = metadata.task() == Task.SEGMENTATION
                ? pixels * metadata.classes().size() * Float.BYTES
                : pixels * metadata.preprocessing().channels();
        return (int) Math.max(1, Math.min(MOST_IMAGES, MOST_BYTES / bytesEach) / metadata.views());
    }

    /** Names of what the file computes. */
    public Set<String> outputs() {
        return session.getOutputNames();
    }

    /**
     * Scores a batch.
     *
     * @param pixels direct, uint8 {@code [count, height, width, channels]} from its position
     */
    public Scores score(ByteBuffer pixels, int count) {
        long[] shape = {
            count,
            metadata.preprocessing().heightPx(),
            metadata.preprocessing().widthPx(),
            metadata.preprocessing().channels()
        };
        Set<String> outputs = Set.of(OnnxMetadata.OUTPUT_LOGITS, OnnxMetadata.OUTPUT_PROBABILITIES);
        try (OnnxTensor scan = OnnxTensor.createTensor(environment, pixels, shape, OnnxJavaType.UINT8);
                OrtSession.Result result = session.run(Map.of(OnnxMetadata.INPUT_SCAN, scan), outputs)) {
            return new Scores(
                    floats(result, OnnxMetadata.OUTPUT_LOGITS, count),
                    floats(result, OnnxMetadata.OUTPUT_PROBABILITIES, count));
        } catch (OrtException e) {
            throw failed("ONNX Runtime could not score " + count + " images", e);
        }
    }

    private static float[][] floats(OrtSession.Result result, String output, int count) {
        OnnxTensor tensor = (OnnxTensor)
                result.get(output).orElseThrow(() -> new IllegalStateException("asked for '" + output + "'"));
        FloatBuffer values = tensor.getFloatBuffer();
        float[][] rows = new float[count][values.remaining() / count];
        for (float[] row : rows) {
            values.get(row);
        }
        return rows;
    }

    private static ScanstreamException failed(String what, OrtException e) {
        return new ScanstreamException(ErrorCode.MODEL_NOT_VERIFIED, what + ": " + e.getMessage(), e);
    }

    @Override
    public void close() {
        try {
            session.close();
        } catch (OrtException e) {
            throw failed("ONNX Runtime could not close the model", e);
        }
    }
}
