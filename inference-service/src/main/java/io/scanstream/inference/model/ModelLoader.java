package io.scanstream.inference.model;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.TensorInfo;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.model.ModelCard;
import io.scanstream.contracts.model.OnnxMetadata;
import io.scanstream.contracts.model.Task;
import io.scanstream.imaging.ImageDecoder;
import io.scanstream.storage.ModelPackage;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;

/** From a package in a folder to a model in memory that is verified and warm. */
public final class ModelLoader {
    private final OnnxRuntime runtime;
    private final Planner planner;
    private final ImageDecoder decoder;

    public ModelLoader(OnnxRuntime runtime, ImageDecoder decoder) {
        this.runtime = runtime;
        this.planner = new Planner(runtime);
        this.decoder = decoder;
    }

    /**
     * Loads a package whose checksums hold, and makes it reproduce its golden scores at every batch size that it is warmed
     * for. The caller is its first user and calls {@link LoadedModel#release}. The folder is not needed afterwards.
     *
     * @throws ScanstreamException {@code MODEL_NOT_VERIFIED} saying what does not hold
     */
    public LoadedModel load(ModelPackage pack) {
        Planner.Planned planned;
        OnnxMetadata metadata;
        try {
            long onnxBytes = Files.size(pack.onnx());
            OnnxRuntime.Opened first =
                    runtime.open(pack.onnx(), runtime.variants().get(0));
            metadata = metadata(first, pack.card());
            BatchSizes allowed = BatchSizes.of(first.device(), runtime.settings(), bytesEach(metadata));
            planned = planner.plan(pack.onnx(), onnxBytes, first, metadata, allowed);
        } catch (OrtException e) {
            throw notVerified(pack.card(), "ONNX Runtime does not take " + ModelPackage.MODEL + ": " + e.getMessage());
        } catch (IOException e) {
            throw notVerified(pack.card(), ModelPackage.MODEL + " cannot be read: " + e.getMessage());
        }
        try {
            LoadedModel model = new LoadedModel(runtime.environment(), planned, pack.card(), metadata);
            new GoldenScores(pack, decoder).require(model);
            return model;
        } catch (OrtException e) {
            close(planned, e);
            throw notVerified(pack.card(), "its outputs cannot be read: " + e.getMessage());
        } catch (RuntimeException e) {
            close(planned, e);
            throw e;
        }
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
        } catch (OrtException | RuntimeException e) {
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
        for (String output : List.of(OnnxMetadata.OUTPUT_PROBABILITIES, OnnxMetadata.OUTPUT_LOGITS)) {
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

    private static void close(Planner.Planned planned, Exception cause) {
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
