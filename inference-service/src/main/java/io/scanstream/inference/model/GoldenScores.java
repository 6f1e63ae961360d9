package io.scanstream.inference.model;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.model.Golden;
import io.scanstream.imaging.ImageDecoder;
import io.scanstream.inference.model.OnnxSettings.Device;
import io.scanstream.storage.ModelPackage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Holds a model against the golden scores of its package, on the device where it will run. */
final class GoldenScores {
    private final ModelPackage pack;
    private final ImageDecoder decoder;

    GoldenScores(ModelPackage pack, ImageDecoder decoder) {
        this.pack = pack;
        this.decoder = decoder;
    }

    /**
     * Scores every golden image at every size to warm: logits within the tolerance of their spread, and the same decision
     * unless it is closer than the tolerance.
     *
     * @throws ScanstreamException {@code MODEL_NOT_VERIFIED} naming the image and both scores
     */
    void require(LoadedModel model) {
        List<Golden.Case> cases = pack.golden().cases();
        if (cases.isEmpty()) {
            throw notVerified("it has no golden scores");
        }
        List<byte[]> inputs = cases.stream().map(one -> input(model, one)).toList();
        for (int size : model.batchSizes().toWarm()) {
            for (int first = 0; first < inputs.size(); first += size) {
                requireBatch(model, cases, inputs, first, size);
            }
        }
    }

    /** A batch from the {@code first} golden image on; the last one begins again with the first image to be full. */
    private void requireBatch(LoadedModel model, List<Golden.Case> cases, List<byte[]> inputs, int first, int size) {
        List<byte[]> batch = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            batch.add(inputs.get((first + i) % inputs.size()));
        }
        LoadedModel.Output[] outputs = run(model, batch);
        for (int i = 0; i < size; i++) {
            requireCase(model, cases.get((first + i) % cases.size()), outputs[i], size);
        }
    }

    private void requireCase(LoadedModel model, Golden.Case expected, LoadedModel.Output got, int size) {
        Golden.Tolerance tolerance = model.device() == Device.CUDA ? Golden.Tolerance.CUDA_FP32 : Golden.Tolerance.CPU;
        String where = "golden image " + expected.file() + " in a batch of " + size;
        if (got.logits().length != expected.logits().size()
                || got.probabilities().length != expected.probabilities().size()) {
            throw notVerified(where + ": " + got.logits().length + " logits and " + got.probabilities().length
                    + " probabilities, expected were " + expected.logits().size() + " and "
                    + expected.probabilities().size());
        }
        double allowed = tolerance.share() * pack.golden().spread();
        for (int i = 0; i < got.logits().length; i++) {
            double off = Math.abs(got.logits()[i] - expected.logits().get(i));
            if (!(off <= allowed)) {
                throw notVerified(String.format(
                        Locale.ROOT,
                        "%s: logit %d is %.6g, expected was %.6g within %.2g (%s)",
                        where,
                        i,
                        got.logits()[i],
                        expected.logits().get(i),
                        allowed,
                        tolerance));
            }
        }
        double[] probabilities = new double[got.probabilities().length];
        for (int i = 0; i < probabilities.length; i++) {
            probabilities[i] = got.probabilities()[i];
            if (!(Math.abs(probabilities[i] - expected.probabilities().get(i)) <= allowed)) {
                throw notVerified(where + ": probability " + i + " is " + probabilities[i] + ", expected was "
                        + expected.probabilities().get(i));
            }
        }
        String decision = model.card().decide(probabilities);
        if (!decision.equals(expected.decision()) && margin(model, probabilities) > 2 * allowed) {
            throw notVerified(where + ": decides for '" + decision + "', expected was '" + expected.decision() + "'");
        }
    }

    /** How far a decision is from being another one, as a probability. */
    private static double margin(LoadedModel model, double[] probabilities) {
        Double threshold = model.card().threshold();
        String positive = model.card().positiveClass();
        double[] sorted = probabilities.clone();
        Arrays.sort(sorted);
        double gap = sorted[sorted.length - 1] - sorted[sorted.length - 2];
        if (threshold == null || positive == null) {
            return gap;
        }
        double toThreshold = Math.abs(probabilities[model.classes().indexOf(positive)] - threshold);
        return sorted.length == 2 ? toThreshold : Math.min(toThreshold, gap);
    }

    private LoadedModel.Output[] run(LoadedModel model, List<byte[]> batch) {
        try {
            return model.run(batch);
        } catch (ScanstreamException e) {
            throw new ScanstreamException(ErrorCode.MODEL_NOT_VERIFIED, String.valueOf(e.getMessage()), e);
        }
    }

    private byte[] input(LoadedModel model, Golden.Case one) {
        try {
            return model.preprocessor().apply(decoder.decode(pack.goldenImage(one)));
        } catch (ScanstreamException e) {
            throw notVerified("golden image " + one.file() + ": " + e.getMessage());
        }
    }

    private ScanstreamException notVerified(String what) {
        return new ScanstreamException(
                ErrorCode.MODEL_NOT_VERIFIED,
                "model " + pack.card().name() + "/" + pack.card().version() + ": " + what + ".");
    }
}
