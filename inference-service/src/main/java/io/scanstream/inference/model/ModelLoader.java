package io.scanstream.inference.model;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.TensorInfo;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.model.Golden;
import io.scanstream.contracts.model.ModelCard;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.contracts.model.OnnxMetadata;
import io.scanstream.contracts.model.Task;
import io.scanstream.imaging.ImageDecoder;
import io.scanstream.inference.model.OnnxSettings.Precision;
import io.scanstream.storage.ModelPackage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** From a package in a folder to a model in memory that is verified and warm. */
public final class ModelLoader {
    private static final Logger LOG = LoggerFactory.getLogger(ModelLoader.class);

    private final OnnxRuntime runtime;
    private final Planner planner;
    private final ImageDecoder decoder;
    private final MeterRegistry metrics;
    private final GoldenDeviations deviations;

    /** Measures nothing. */
    public ModelLoader(OnnxRuntime runtime, ImageDecoder decoder) {
        this(runtime, decoder, new CompositeMeterRegistry());
    }

    public ModelLoader(OnnxRuntime runtime, ImageDecoder decoder, MeterRegistry metrics) {
        this.runtime = runtime;
        this.planner = new Planner(runtime);
        this.decoder = decoder;
        this.metrics = metrics;
        this.deviations = new GoldenDeviations(metrics);
    }

    /**
     * Loads a package whose checksums hold, and makes it reproduce its golden scores at every batch size that it is warmed
     * for; in float16 where that is set and holds, else in float32. The caller is its first user and calls {@link
     * LoadedModel#release}. The folder is not needed afterwards.
     *
     * @throws ScanstreamException {@code MODEL_NOT_VERIFIED} saying what does not hold
     */
    public LoadedModel load(ModelPackage pack) {
        LoadedModel half = runtime.precision() == Precision.FLOAT16 ? loadInFloat16(pack) : null;
        return half == null ? load(pack, new ModelFile(version(pack), pack.onnx(), Precision.FLOAT32)) : half;
    }

    /** Null, and a line in the log: it has to be float32. */
    private @Nullable LoadedModel loadInFloat16(ModelPackage pack) {
        String reason;
        try {
            Path file = Files.createTempFile("scanstream-float16-", ".onnx");
            try {
                if (Float16Graph.write(pack.onnx(), file) > 0) {
                    return load(pack, new ModelFile(version(pack), file, Precision.FLOAT16));
                }
                reason = "it has neither convolutions nor matrix products that could be float16.";
            } finally {
                Files.delete(file);
            }
        } catch (ScanstreamException e) {
            if (e.code() != ErrorCode.MODEL_NOT_VERIFIED) {
                throw e;
            }
            reason = String.valueOf(e.getMessage());
        } catch (IOException | OutOfMemoryError e) {
            reason = "it cannot be rewritten: " + e;
        }
        ModelCard card = pack.card();
        LOG.warn("Model {}/{} is served in float32, not in float16: {}", card.name(), card.version(), reason);
        metrics.counter("scanstream.models.float16.refused", "model", card.name())
                .increment();
        return null;
    }

    /** Takes the time that fetching a package takes. */
    ModelPackage fetched(Supplier<ModelPackage> fetching) {
        long begun = System.nanoTime();
        ModelPackage pack = fetching.get();
        taken("fetch", begun);
        return pack;
    }

    /** Adds to a stage's timer what has passed since {@code begun}, and returns the time. */
    private long taken(String stage, long begun) {
        long now = System.nanoTime();
        metrics.timer("scanstream.models.load", "stage", stage).record(now - begun, TimeUnit.NANOSECONDS);
        return now;
    }

    private LoadedModel load(ModelPackage pack, ModelFile file) {
        long begun = System.nanoTime();
        Planner.Planned planned;
        OnnxMetadata metadata;
        try {
            long onnxBytes = Files.size(file.onnx());
            OnnxRuntime.Opened first = runtime.open(file);
            begun = taken("open", begun);
            if (file.precision() != Precision.FLOAT32 && runtime.precision(first.provider()) != file.precision()) {
                first.session().close();
                throw notVerified(pack.card(), "it runs on the CPU");
            }
            metadata = metadata(first, pack.card());
            BatchSizes allowed = BatchSizes.of(first.provider(), runtime.settings(), bytesEach(metadata));
            planned = planner.plan(file, onnxBytes, first, metadata, allowed);
            begun = taken("plan", begun);
        } catch (OrtException e) {
            throw notVerified(pack.card(), "ONNX Runtime does not take " + ModelPackage.MODEL + ": " + e.getMessage());
        } catch (IOException e) {
            throw notVerified(pack.card(), ModelPackage.MODEL + " cannot be read: " + e.getMessage());
        }
        LoadedModel model;
        try {
            model = new LoadedModel(runtime.environment(), planned, pack.card(), metadata);
        } catch (OrtException e) {
            close(planned, e);
            throw notVerified(pack.card(), "its outputs cannot be read: " + e.getMessage());
        } catch (RuntimeException | Error e) {
            close(planned, e);
            throw e;
        }
        try {
            Golden.Tolerance tolerance = planned.opened().provider().tolerance(file.precision());
            double deviation = new GoldenScores(pack, decoder, tolerance).require(model);
            taken("verify", begun);
            LOG.info(
                    "Model {} in {} on {}: logits are at most {} of their spread from the golden ones; {} is allowed.",
                    model.version(),
                    file.precision(),
                    planned.opened().provider(),
                    String.format(Locale.ROOT, "%.2g", deviation),
                    tolerance.share());
            deviations.show(model, file.precision(), deviation);
            return model;
        } catch (RuntimeException | Error e) {
            model.release();
            throw e;
        }
    }

    private static ModelVersion version(ModelPackage pack) {
        return new ModelVersion(pack.card().name(), pack.card().version());
    }

    /** What one scan takes in a run: its pixels in every view, and for a segmenter the maps, native and on the heap. */
    private static long bytesEach(OnnxMetadata model) {
        long input = (long) model.preprocessing().sizeBytes() * model.views();
        if (model.task() == Task.CLASSIFICATION) {
            return input;
        }
        long pixels =
                (long) model.preprocessing().widthPx() * model.preprocessing().heightPx();
        return input + (1L + model.views()) * pixels * model.classes().size() * Float.BYTES;
    }

    /** What the file says of itself, held against the card; closes the session if it does not hold. */
    private static OnnxMetadata metadata(OnnxRuntime.Opened opened, ModelCard card) throws OrtException {
        try {
            return checked(opened, card);
        } catch (OrtException | RuntimeException | Error e) {
            opened.session().close();
            throw e;
        }
    }

    private static OnnxMetadata checked(OnnxRuntime.Opened opened, ModelCard card) throws OrtException {
        OnnxMetadata metadata =
                OnnxMetadata.fromProperties(opened.session().getMetadata().getCustomMetadata());
        require(card, "task", metadata.task(), card.task());
        require(card, "classes", metadata.classes(), card.classes());
        require(card, "preprocessing", metadata.preprocessing(), card.preprocessing());
        require(card, "recipeSha256", metadata.recipeSha256(), card.recipeSha256());
        require(card, "inputs", opened.session().getInputNames().stream().toList(), List.of(OnnxMetadata.INPUT_SCAN));
        for (NodeInfo scan : opened.session().getInputInfo().values()) {
            Object type = scan.getInfo() instanceof TensorInfo tensor ? tensor.type : scan.getInfo();
            require(card, "type of " + scan.getName(), type, OnnxJavaType.UINT8);
        }
        List<String> needed = new ArrayList<>(List.of(OnnxMetadata.OUTPUT_PROBABILITIES, OnnxMetadata.OUTPUT_LOGITS));
        if (card.noveltyGuard() != null) {
            needed.add(OnnxMetadata.OUTPUT_DISTANCE);
        }
        for (String output : needed) {
            if (!opened.session().getOutputNames().contains(output)) {
                throw notVerified(card, "the graph has no output '" + output + "'");
            }
        }
        return metadata;
    }

    private static void require(ModelCard card, String what, Object inModel, Object expected) {
        if (!inModel.equals(expected)) {
            throw notVerified(
                    card, what + ": " + ModelPackage.MODEL + " says " + inModel + ", expected was " + expected);
        }
    }

    private static void close(Planner.Planned planned, Throwable cause) {
        try {
            planned.close();
        } catch (OrtException e) {
            cause.addSuppressed(e);
        }
    }

    private static ScanstreamException notVerified(ModelCard card, String what) {
        return new ScanstreamException(
                ErrorCode.MODEL_NOT_VERIFIED, "model " + card.name() + "/" + card.version() + ": " + what + ".");
    }
}
