package io.scanstream.inference.model;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.model.Golden;
import io.scanstream.contracts.model.OnnxMetadata;
import io.scanstream.imaging.ClassMap;
import io.scanstream.imaging.Image;
import io.scanstream.imaging.ImageDecoder;
import io.scanstream.storage.ModelPackage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Holds a model, once, against the golden scores of its package, on the device where it will run. */
final class GoldenScores {
    private final ModelPackage pack;
    private final ImageDecoder decoder;
    private final Golden.Tolerance tolerance;
    private double deviation;

    GoldenScores(ModelPackage pack, ImageDecoder decoder, Golden.Tolerance tolerance) {
        this.pack = pack;
        this.decoder = decoder;
        this.tolerance = tolerance;
    }

    /**
     * Scores every golden image at every size to warm: logits within the tolerance of their spread, and the same decision
     * unless it is closer than the tolerance.
     *
     * @return how far the logits were from the golden ones at most, as a share of their spread
     * @throws ScanstreamException {@code MODEL_NOT_VERIFIED} naming the image and both scores
     */
    double require(LoadedModel model) {
        List<Golden.Case> cases = pack.golden().cases();
        if (cases.isEmpty()) {
            throw notVerified("it has no golden scores");
        }
        List<byte[]> inputs = cases.stream().map(one -> input(model, one)).toList();
        if (model.plan().threadsAlone() != model.plan().threads()) {
            for (int i = 0; i < cases.size(); i++) {
                byte[] input = inputs.get(i);
                Outputs alone = run(() -> model.runAlone(input, verified(model)));
                requireCase(model, cases.get(i), Got.of(model, alone, 0), 1);
            }
        }
        for (int size : model.plan().batches().toWarm()) {
            for (int first = 0; first < inputs.size(); first += size) {
                requireBatch(model, cases, inputs, first, size);
            }
        }
        return deviation;
    }

    private static Set<String> verified(LoadedModel model) {
        Set<String> outputs = new HashSet<>(model.scored());
        outputs.add(OnnxMetadata.OUTPUT_LOGITS);
        return outputs;
    }

    /** A batch from the {@code first} golden image on; the last one begins again with the first image to be full. */
    private void requireBatch(LoadedModel model, List<Golden.Case> cases, List<byte[]> inputs, int first, int size) {
        List<byte[]> batch = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            batch.add(inputs.get((first + i) % inputs.size()));
        }
        Outputs outputs = run(() -> model.run(batch, verified(model)));
        for (int i = 0; i < size; i++) {
            Got got = Got.of(model, outputs, i);
            requireCase(model, cases.get((first + i) % cases.size()), got, size);
        }
    }

    /**
     * What the model gave for one image.
     *
     * @param logits the raw head; of a segmenter, where golden scores have it
     * @param probabilities of the classes; of a segmenter, their means over the pixels
     * @param distance from the training images, where the card has a guard
     * @param map the class of every pixel, of a segmenter only
     */
    @SuppressWarnings("ArrayRecordComponent") // not compared
    private record Got(
            double[] logits,
            double[] probabilities,
            @Nullable Float distance,
            @Nullable ClassMap map) {
        static Got of(LoadedModel model, Outputs outputs, int row) {
            float[] logits = outputs.row(OnnxMetadata.OUTPUT_LOGITS, row);
            float[] probabilities = outputs.row(OnnxMetadata.OUTPUT_PROBABILITIES, row);
            ClassMap map = model.classMap(probabilities);
            Float distance = model.scored().contains(OnnxMetadata.OUTPUT_DISTANCE)
                    ? outputs.row(OnnxMetadata.OUTPUT_DISTANCE, row)[0]
                    : null;
            return map == null
                    ? new Got(doubles(logits), doubles(probabilities), distance, null)
                    : new Got(sampled(logits, map), map.meanProbabilities(), distance, map);
        }

        private static double[] doubles(float[] values) {
            return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
        }

        private static double[] sampled(float[] logits, ClassMap map) {
            int pixels = map.classes().length;
            int[] points = Golden.samplePoints(map.widthPx(), map.heightPx());
            double[] sampled = new double[logits.length / pixels * points.length];
            for (int i = 0; i < sampled.length; i++) {
                sampled[i] = logits[i / points.length * pixels + points[i % points.length]];
            }
            return sampled;
        }
    }

    private void requireCase(LoadedModel model, Golden.Case expected, Got got, int size) {
        String where = "golden image " + expected.file() + " in a batch of " + size;
        double[] logits = got.logits();
        if (logits.length != expected.logits().size()
                || got.probabilities().length != expected.probabilities().size()) {
            throw notVerified(where + ": " + logits.length + " logits and " + got.probabilities().length
                    + " probabilities, expected were " + expected.logits().size() + " and "
                    + expected.probabilities().size());
        }
        double allowed = tolerance.share() * pack.golden().spread();
        for (int i = 0; i < logits.length; i++) {
            double off = Math.abs(logits[i] - expected.logits().get(i));
            if (!(off <= allowed)) {
                throw notVerified(String.format(
                        Locale.ROOT,
                        "%s: logit %d is %.6g, expected was %.6g within %.2g (%s)",
                        where,
                        i,
                        logits[i],
                        expected.logits().get(i),
                        allowed,
                        tolerance));
            }
            deviation = Math.max(deviation, off / pack.golden().spread());
        }
        double[] probabilities = got.probabilities();
        for (int i = 0; i < probabilities.length; i++) {
            if (!(Math.abs(probabilities[i] - expected.probabilities().get(i)) <= allowed)) {
                throw notVerified(where + ": probability " + i + " is " + probabilities[i] + ", expected was "
                        + expected.probabilities().get(i));
            }
        }
        requireDistance(expected, got.distance(), where);
        if (got.map() != null) {
            requireMask(expected, got.map(), where, allowed);
            return;
        }
        String decision = model.card().decide(probabilities);
        if (!decision.equals(expected.decision()) && margin(model, probabilities) > 2 * allowed) {
            throw notVerified(where + ": decides for '" + decision + "', expected was '" + expected.decision() + "'");
        }
    }

    private void requireDistance(Golden.Case expected, @Nullable Float got, String where) {
        if (got == null) {
            return;
        }
        if (expected.distance() == null) {
            throw notVerified(where + ": the card has a guard, but the golden scores have no distance");
        }
        double allowed = pack.golden().allowedOfDistance(tolerance);
        if (!(Math.abs(got - expected.distance()) <= allowed)) {
            throw notVerified(String.format(
                    Locale.ROOT,
                    "%s: the distance is %.6g, expected was %.6g within %.2g (%s)",
                    where,
                    got,
                    expected.distance(),
                    allowed,
                    tolerance));
        }
    }

    /** Every pixel's class, unless it is closer than the tolerance. */
    private void requireMask(Golden.Case expected, ClassMap got, String where, double allowed) {
        if (expected.maskFile() == null) {
            throw notVerified(where + ": it has no mask");
        }
        Image mask = decoder.decode(pack.goldenMask(expected));
        if (mask.channels() != 1 || mask.widthPx() != got.widthPx() || mask.heightPx() != got.heightPx()) {
            throw notVerified(where + ": its mask is " + mask.widthPx() + "x" + mask.heightPx() + "x" + mask.channels()
                    + ", the model's are " + got.widthPx() + "x" + got.heightPx() + "x1");
        }
        for (int i = 0; i < got.classes().length; i++) {
            if (got.classes()[i] != mask.pixels()[i] && got.margin(i) > 2 * allowed) {
                throw notVerified(where + ": pixel " + i % got.widthPx() + "," + i / got.widthPx()
                        + " is decided for class " + got.classes()[i] + ", expected was " + mask.pixels()[i]);
            }
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

    private static Outputs run(Supplier<Outputs> run) {
        try {
            return run.get();
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
