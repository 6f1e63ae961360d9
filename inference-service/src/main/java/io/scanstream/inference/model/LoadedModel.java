package io.scanstream.inference.model;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtUtil;
import ai.onnxruntime.TensorInfo;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.model.ModelCard;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.contracts.model.OnnxMetadata;
import io.scanstream.contracts.model.Preprocessing;
import io.scanstream.contracts.model.Task;
import io.scanstream.imaging.ClassMap;
import io.scanstream.imaging.Preprocessor;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedDeque;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One version in memory. It counts its users: who got it from {@link ServingSet} or {@link ModelLoader} calls {@link
 * #release} once, and the session closes when the last one has. Thread-safe; runs may go side by side.
 */
public final class LoadedModel {
    private static final Logger LOG = LoggerFactory.getLogger(LoadedModel.class);

    private final OrtEnvironment environment;
    private final OrtSession session;
    private final OrtSession sessionAlone;
    private final ModelCard card;
    private final OnnxMetadata metadata;
    private final Preprocessor preprocessor;
    private final RunPlan plan;
    private final Map<String, TensorInfo> outputs;
    private final Set<String> scored;
    /** Of every run, so that one call ends them all. */
    private final OrtSession.RunOptions running;
    /** Those that no run uses now; as many as runs ever went side by side. */
    private final Deque<RunBuffers> idle = new ConcurrentLinkedDeque<>();

    private volatile Runnable whenClosed = () -> {};
    private int users = 1;
    private volatile boolean ended;

    LoadedModel(OrtEnvironment environment, Planner.Planned planned, ModelCard card, OnnxMetadata metadata)
            throws OrtException {
        this.environment = environment;
        this.session = planned.opened().session();
        this.sessionAlone = planned.alone() == null ? session : planned.alone().session();
        this.card = card;
        this.metadata = metadata;
        this.preprocessor = new Preprocessor(metadata.preprocessing());
        this.plan = planned.plan();
        this.outputs = outputs(session);
        this.scored = card.noveltyGuard() == null
                ? Set.of(OnnxMetadata.OUTPUT_PROBABILITIES)
                : Set.of(OnnxMetadata.OUTPUT_PROBABILITIES, OnnxMetadata.OUTPUT_DISTANCE);
        this.running = new OrtSession.RunOptions();
    }

    private static Map<String, TensorInfo> outputs(OrtSession session) throws OrtException {
        Map<String, TensorInfo> outputs = new LinkedHashMap<>();
        for (NodeInfo output : session.getOutputInfo().values()) {
            if (output.getInfo() instanceof TensorInfo tensor && tensor.type == OnnxJavaType.FLOAT) {
                outputs.put(output.getName(), tensor);
            }
        }
        return outputs;
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

    /** What {@link #run} takes: uint8 {@code [height, width, channels]} for each scan. */
    public Preprocessing input() {
        return metadata.preprocessing();
    }

    /** The float32 outputs that can be asked for, in the graph's order, with their shapes; -1 is the batch. */
    public Map<String, long[]> outputShapes() {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        outputs.forEach((name, info) -> shapes.put(name, info.getShape()));
        return shapes;
    }

    /** The outputs that a score is made of: the probabilities and, where the card has a guard, the distance. */
    public Set<String> scored() {
        return scored;
    }

    /** How it is run here. */
    public RunPlan plan() {
        return plan;
    }

    /** The class of every pixel from a segmenter's probabilities; null for a classifier. */
    public @Nullable ClassMap classMap(float[] probabilities) {
        return metadata.task() == Task.CLASSIFICATION
                ? null
                : ClassMap.of(probabilities, classes().size(), input().widthPx(), input().heightPx());
    }

    /**
     * Runs the model once.
     *
     * @param scans 1 to {@code plan().batches().largest()} rows, uint8 {@code [height, width, channels]} each
     * @param wanted names out of {@link #outputShapes}
     * @throws ScanstreamException {@code INTERNAL} if ONNX Runtime fails or answers in another shape; {@code OVERLOADED}
     *     after {@link #endRuns}
     */
    public Outputs run(List<byte[]> scans, Set<String> wanted) {
        return run(session, scans, wanted);
    }

    /** As {@link #run}, one scan with {@code plan().threadsAlone()} threads. */
    public Outputs runAlone(byte[] scan, Set<String> wanted) {
        return run(sessionAlone, List.of(scan), wanted);
    }

    private Outputs run(OrtSession on, List<byte[]> scans, Set<String> wanted) {
        int rows = plan.batches().rung(scans.size());
        long[] shape = {rows, input().heightPx(), input().widthPx(), input().channels()};
        RunBuffers polled = idle.poll();
        RunBuffers buffers = polled == null ? new RunBuffers(plan.batches().largest(), input().sizeBytes()) : polled;
        Map<String, FloatBuffer> written = new HashMap<>();
        Map<String, OnnxTensor> places = new HashMap<>();
        try {
            ByteBuffer batch = buffers.input(scans, rows);
            for (String output : wanted) {
                long[] outputShape = shape(output, rows);
                if (outputShape != null) {
                    int floatsEach = Math.toIntExact(OrtUtil.elementCount(outputShape) / rows);
                    written.put(output, buffers.output(output, rows, floatsEach));
                    places.put(output, OnnxTensor.createTensor(environment, written.get(output), outputShape));
                }
            }
            Set<String> others = new HashSet<>(wanted);
            others.removeAll(places.keySet());
            try (OnnxTensor tensor = OnnxTensor.createTensor(environment, batch, shape, OnnxJavaType.UINT8);
                    OrtSession.Result result =
                            on.run(Map.of(OnnxMetadata.INPUT_SCAN, tensor), others, places, running)) {
                for (String output : others) {
                    written.put(output, ((OnnxTensor) result.get(output).orElseThrow()).getFloatBuffer());
                }
            }
            Map<String, float[][]> values = new HashMap<>();
            written.forEach((output, floats) -> values.put(output, rows(floats, output, rows, scans.size())));
            return new Outputs(values);
        } catch (OrtException e) {
            if (ended) {
                throw new ScanstreamException(
                        ErrorCode.OVERLOADED, "model " + version() + ": the run was ended, as the service ends.", e);
            }
            throw new ScanstreamException(
                    ErrorCode.INTERNAL, "model " + version() + " failed on " + rows + " scans: " + e.getMessage(), e);
        } finally {
            places.values().forEach(OnnxTensor::close);
            idle.push(buffers);
        }
    }

    /** An output's shape for so many rows; null where the graph leaves more open than the batch. */
    private long @Nullable [] shape(String output, int rows) {
        TensorInfo declared = outputs.get(output);
        if (declared == null) {
            return null;
        }
        long[] shape = declared.getShape();
        if (shape.length == 0) {
            return null;
        }
        shape[0] = rows;
        return Arrays.stream(shape).allMatch(dim -> dim > 0) ? shape : null;
    }

    private float[][] rows(FloatBuffer values, String name, int rows, int scans) {
        int width = values.remaining() / rows;
        boolean ofClasses = name.equals(OnnxMetadata.OUTPUT_PROBABILITIES);
        int pixels = metadata.task() == Task.CLASSIFICATION ? 1 : input().widthPx() * input().heightPx();
        if (values.remaining() % rows != 0 || (ofClasses && width != classes().size() * pixels)) {
            throw new ScanstreamException(
                    ErrorCode.INTERNAL,
                    "model " + version() + ": " + name + " has " + values.remaining() + " values for " + rows
                            + " scans of " + classes().size() + " classes.");
        }
        float[][] split = new float[scans][width];
        for (float[] row : split) {
            values.get(row);
        }
        return split;
    }

    /** Has something done when the last user has gone, before the session closes. */
    void whenClosed(Runnable last) {
        whenClosed = last;
    }

    /** One more user, who calls {@link #release} once. */
    public synchronized LoadedModel acquire() {
        if (users == 0) {
            throw new IllegalStateException("model " + version() + " is closed");
        }
        users++;
        return this;
    }

    /**
     * Ends the runs that are under way, each after the operator that it is in, and lets none begin any more. For a process
     * that ends: an operator that never returns is not ended by this.
     */
    public synchronized void endRuns() {
        if (users == 0 || ended) {
            return;
        }
        ended = true;
        try {
            running.setTerminate(true);
        } catch (OrtException e) {
            LOG.warn("The runs of model {} cannot be ended.", version(), e);
        }
    }

    /** Whether its last user has gone. */
    synchronized boolean isClosed() {
        return users == 0;
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
        whenClosed.run();
        running.close();
        try {
            session.close();
            if (sessionAlone != session) {
                sessionAlone.close();
            }
            LOG.info("Model {} is unloaded.", version());
        } catch (OrtException e) {
            LOG.warn("The session of model {} did not close.", version(), e);
        }
    }
}
