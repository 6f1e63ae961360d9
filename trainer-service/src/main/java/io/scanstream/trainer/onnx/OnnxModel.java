package io.scanstream.trainer.onnx;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.model.OnnxMetadata;
import io.scanstream.contracts.model.Task;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

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
     * @param distances {@code [N]}, from the training images; null where the file has no such output
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared, and a batch is large
    public record Scores(float[][] logits, float[][] probabilities, float @Nullable [] distances) {}

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
        Set<String> wanted = new HashSet<>(Set.of(OnnxMetadata.OUTPUT_LOGITS, OnnxMetadata.OUTPUT_PROBABILITIES));
        boolean measures = outputs().contains(OnnxMetadata.OUTPUT_DISTANCE);
        if (measures) {
            wanted.add(OnnxMetadata.OUTPUT_DISTANCE);
        }
        Map<String, float[][]> given = run(pixels, count, wanted);
        return new Scores(
                of(given, OnnxMetadata.OUTPUT_LOGITS),
                of(given, OnnxMetadata.OUTPUT_PROBABILITIES),
                measures ? firsts(of(given, OnnxMetadata.OUTPUT_DISTANCE)) : null);
    }

    /**
     * The last feature maps of a batch, averaged over their places, for a file that has them.
     *
     * @param pixels as in {@link #score}
     * @return {@code [count][channels]}
     */
    public float[][] pooledFeatures(ByteBuffer pixels, int count) {
        float[][] maps = of(run(pixels, count, Set.of(OnnxMetadata.OUTPUT_FEATURES)), OnnxMetadata.OUTPUT_FEATURES);
        int channels = channelsOfFeatures();
        float[][] means = new float[count][channels];
        for (int i = 0; i < count; i++) {
            int places = maps[i].length / channels;
            for (int c = 0; c < channels; c++) {
                double sum = 0;
                for (int place = 0; place < places; place++) {
                    sum += maps[i][c * places + place];
                }
                means[i][c] = (float) (sum / places);
            }
        }
        return means;
    }

    /**
     * What each place of the last feature map adds to the logits of a batch, for a file that has {@link
     * OnnxMetadata#OUTPUT_MAPS}.
     *
     * @param pixels as in {@link #score}
     * @return {@code [count][logits · places]}
     */
    public float[][] maps(ByteBuffer pixels, int count) {
        return of(run(pixels, count, Set.of(OnnxMetadata.OUTPUT_MAPS)), OnnxMetadata.OUTPUT_MAPS);
    }

    private int channelsOfFeatures() {
        try {
            NodeInfo output = Objects.requireNonNull(session.getOutputInfo().get(OnnxMetadata.OUTPUT_FEATURES));
            TensorInfo features = (TensorInfo) output.getInfo();
            return Math.toIntExact(features.getShape()[1]);
        } catch (OrtException e) {
            throw failed("the exported file's outputs cannot be read", e);
        }
    }

    private Map<String, float[][]> run(ByteBuffer pixels, int count, Set<String> outputs) {
        long[] shape = {
            count,
            metadata.preprocessing().heightPx(),
            metadata.preprocessing().widthPx(),
            metadata.preprocessing().channels()
        };
        try (OnnxTensor scan = OnnxTensor.createTensor(environment, pixels, shape, OnnxJavaType.UINT8);
                OrtSession.Result result = session.run(Map.of(OnnxMetadata.INPUT_SCAN, scan), outputs)) {
            Map<String, float[][]> given = new HashMap<>();
            for (String output : outputs) {
                given.put(output, floats(result, output, count));
            }
            return given;
        } catch (OrtException e) {
            throw failed("ONNX Runtime could not score " + count + " images", e);
        }
    }

    private static float[][] of(Map<String, float[][]> given, String output) {
        return Objects.requireNonNull(given.get(output), output);
    }

    private static float[] firsts(float[][] rows) {
        float[] firsts = new float[rows.length];
        for (int i = 0; i < rows.length; i++) {
            firsts[i] = rows[i][0];
        }
        return firsts;
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
