package io.scanstream.inference.model;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.model.ModelCard;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.contracts.model.OnnxMetadata;
import io.scanstream.contracts.model.Task;
import io.scanstream.imaging.ClassMap;
import io.scanstream.imaging.Preprocessor;
import io.scanstream.inference.model.OnnxSettings.Device;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One version in memory. It counts its users: who got it from {@link ServingSet} or {@link ModelLoader} calls {@link
 * #release} once, and the session closes when the last one has. Thread-safe; runs take turns.
 */
public final class LoadedModel {
    private static final Logger LOG = LoggerFactory.getLogger(LoadedModel.class);
    private static final Set<String> PROBABILITIES = Set.of(OnnxMetadata.OUTPUT_PROBABILITIES);
    private static final Set<String> OUTPUTS = Set.of(OnnxMetadata.OUTPUT_PROBABILITIES, OnnxMetadata.OUTPUT_LOGITS);

    private final OrtEnvironment environment;
    private final OrtSession session;
    private final Device device;
    private final ModelCard card;
    private final OnnxMetadata metadata;
    private final Preprocessor preprocessor;
    private final BatchSizes sizes;
    private final Object turn = new Object();
    private ByteBuffer input = ByteBuffer.allocateDirect(0);
    private int users = 1;

    LoadedModel(
            OrtEnvironment environment,
            OnnxRuntime.Opened opened,
            ModelCard card,
            OnnxMetadata metadata,
            BatchSizes sizes) {
        this.environment = environment;
        this.session = opened.session();
        this.device = opened.device();
        this.card = card;
        this.metadata = metadata;
        this.preprocessor = new Preprocessor(metadata.preprocessing());
        this.sizes = sizes;
    }

    public ModelVersion version() {
        return new ModelVersion(card.name(), card.version());
    }

    public ModelCard card() {
        return card;
    }

    /** In the order of the probabilities. */
    public List<String> classes() {
        return metadata.classes();
    }

    /** From a decoded image to one row of {@link #run}. */
    public Preprocessor preprocessor() {
        return preprocessor;
    }

    /** Bytes of one scan as {@link #run} takes it. */
    public int inputBytes() {
        return metadata.preprocessing().sizeBytes();
    }

    private int pixels() {
        return metadata.preprocessing().widthPx() * metadata.preprocessing().heightPx();
    }

    public BatchSizes batchSizes() {
        return sizes;
    }

    Device device() {
        return device;
    }

    /**
     * What the model says of one scan.
     *
     * @param logits the raw head, float32; of a segmenter {@code [outputs, height, width]}, and nothing where only {@link
     *     #run} was asked
     * @param probabilities {@code [classes]} float32 as the model gave them: they may not be finite. Of a segmenter, their
     *     means over the pixels
     * @param map the class of every pixel, of a segmenter only
     */
    @SuppressWarnings("ArrayRecordComponent") // as they come from ONNX Runtime; outputs are not compared
    public record Output(
            float[] logits, float[] probabilities, @Nullable ClassMap map) {}

    /**
     * Runs the model once.
     *
     * @param scans 1 to {@code batchSizes().largest()} rows, uint8 {@code [height, width, channels]} each
     * @return one for each row, in order
     * @throws ScanstreamException {@code INTERNAL} if ONNX Runtime fails or answers in another shape
     */
    public Output[] run(List<byte[]> scans) {
        return run(scans, metadata.task() == Task.CLASSIFICATION);
    }

    /** As {@link #run}; a segmenter's logits too, which are as large as its probabilities and nobody else wants. */
    Output[] runWithLogits(List<byte[]> scans) {
        return run(scans, true);
    }

    private Output[] run(List<byte[]> scans, boolean withLogits) {
        int rows = sizes.rung(scans.size());
        synchronized (turn) {
            ByteBuffer batch = fill(scans, rows);
            var shape = metadata.preprocessing();
            long[] dimensions = {rows, shape.heightPx(), shape.widthPx(), shape.channels()};
            try (OnnxTensor tensor = OnnxTensor.createTensor(environment, batch, dimensions, OnnxJavaType.UINT8);
                    OrtSession.Result result = session.run(
                            Map.of(OnnxMetadata.INPUT_SCAN, tensor), withLogits ? OUTPUTS : PROBABILITIES)) {
                float[][] probabilities = rows(result, OnnxMetadata.OUTPUT_PROBABILITIES, rows);
                float[][] logits = withLogits ? rows(result, OnnxMetadata.OUTPUT_LOGITS, rows) : new float[rows][0];
                Output[] outputs = new Output[scans.size()];
                for (int i = 0; i < outputs.length; i++) {
                    outputs[i] = output(logits[i], probabilities[i]);
                }
                return outputs;
            } catch (OrtException e) {
                throw new ScanstreamException(
                        ErrorCode.INTERNAL,
                        "model " + version() + " failed on " + rows + " scans: " + e.getMessage(),
                        e);
            }
        }
    }

    private Output output(float[] logits, float[] probabilities) {
        if (metadata.task() == Task.CLASSIFICATION) {
            return new Output(logits, probabilities, null);
        }
        var size = metadata.preprocessing();
        ClassMap map = ClassMap.of(probabilities, classes().size(), size.widthPx(), size.heightPx());
        double[] exact = map.meanProbabilities();
        float[] means = new float[exact.length];
        for (int k = 0; k < means.length; k++) {
            means[k] = (float) exact[k];
        }
        return new Output(logits, means, map);
    }

    private ByteBuffer fill(List<byte[]> scans, int rows) {
        int bytes = Math.multiplyExact(rows, inputBytes());
        if (input.capacity() < bytes) {
            input = ByteBuffer.allocateDirect(bytes);
        }
        input.clear();
        for (byte[] scan : scans) {
            input.put(scan);
        }
        // Rows beyond the scans pad the batch; what they hold is not looked at.
        return input.position(0).limit(bytes);
    }

    private float[][] rows(OrtSession.Result result, String name, int rows) {
        FloatBuffer values = ((OnnxTensor) result.get(name).orElseThrow()).getFloatBuffer();
        int width = values.remaining() / rows;
        boolean ofClasses = name.equals(OnnxMetadata.OUTPUT_PROBABILITIES);
        int expected = metadata.task() == Task.CLASSIFICATION
                ? classes().size()
                : classes().size() * pixels();
        if (values.remaining() % rows != 0 || (ofClasses && width != expected)) {
            throw new ScanstreamException(
                    ErrorCode.INTERNAL,
                    "model " + version() + ": " + name + " has " + values.remaining() + " values for " + rows
                            + " scans of " + classes().size() + " classes.");
        }
        float[][] split = new float[rows][width];
        for (float[] row : split) {
            values.get(row);
        }
        return split;
    }

    /** One more user, who calls {@link #release} once. */
    public synchronized LoadedModel acquire() {
        if (users == 0) {
            throw new IllegalStateException("model " + version() + " is closed");
        }
        users++;
        return this;
    }

    /** One user less; the last one closes the session. */
    public void release() {
        synchronized (this) {
            if (users == 0) {
                throw new IllegalStateException("model " + version() + " was released more often than acquired");
            }
            users--;
            if (users > 0) {
                return;
            }
        }
        try {
            session.close();
            LOG.info("Model {} is unloaded.", version());
        } catch (OrtException e) {
            LOG.warn("The session of model {} did not close.", version(), e);
        }
    }
}
