package io.scanstream.inference.scoring;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.model.ModelCard;
import io.scanstream.contracts.model.OnnxMetadata;
import io.scanstream.contracts.scoring.Novelty;
import io.scanstream.contracts.scoring.Regions;
import io.scanstream.imaging.ClassMap;
import io.scanstream.inference.model.LoadedModel;
import io.scanstream.inference.model.Outputs;
import java.util.Base64;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The answer to one scan, in the JSON that the HTTP edge gives.
 *
 * @param probabilities by class, in the model's class order; finite. Of a segmenter, their means over the pixels
 * @param decision the class that the card decides for; of a segmenter, the class of most pixels
 * @param threshold the positive class's probability from which it is decided for, if the card has one
 * @param refer whether a person should look at the scan; absent where the model refers none
 * @param novelty how unlike the training images the scan is; absent where the model cannot tell
 * @param regions where the classes are; of a segmenter only
 * @param arm the alias that the model's traffic chose; absent where it chose none
 */
public record Score(
        String model,
        String version,
        Map<String, Double> probabilities,
        String decision,
        @Nullable Double threshold,
        @Nullable Boolean refer,
        @Nullable Novelty novelty,
        @Nullable Regions regions,
        @Nullable String arm) {
    public Score {
        probabilities = Collections.unmodifiableMap(new LinkedHashMap<>(probabilities));
    }

    /** An answer that no traffic chose. */
    public Score(
            String model,
            String version,
            Map<String, Double> probabilities,
            String decision,
            @Nullable Double threshold,
            @Nullable Boolean refer,
            @Nullable Regions regions) {
        this(model, version, probabilities, decision, threshold, refer, null, regions, null);
    }

    /** The same answer, of an arm. */
    public Score inArm(@Nullable String chosen) {
        return new Score(model, version, probabilities, decision, threshold, refer, novelty, regions, chosen);
    }

    /**
     * What a model's output means.
     *
     * @param given for {@link LoadedModel#scored}
     * @throws ScanstreamException {@code INTERNAL} if a probability or the distance is not a number
     */
    static Score of(LoadedModel model, Outputs given, int row) {
        float[] output = given.row(OnnxMetadata.OUTPUT_PROBABILITIES, row);
        ModelCard card = model.card();
        ClassMap map = model.classMap(output);
        double[] values = map == null
                ? IntStream.range(0, output.length).mapToDouble(i -> output[i]).toArray()
                : map.meanProbabilities();
        Map<String, Double> probabilities = new LinkedHashMap<>();
        for (int i = 0; i < values.length; i++) {
            if (!Double.isFinite(values[i])) {
                throw new ScanstreamException(
                        ErrorCode.INTERNAL,
                        "model " + model.version() + " gave " + values[i] + " as the probability of "
                                + model.classes().get(i) + " for this scan.");
            }
            probabilities.put(model.classes().get(i), values[i]);
        }
        if (map == null) {
            return new Score(
                    card.name(),
                    card.version(),
                    probabilities,
                    card.decide(values),
                    card.threshold(),
                    card.refers(values),
                    novelty(model, given, row),
                    null,
                    null);
        }
        String most = model.classes().get(map.mostFrequent());
        return new Score(card.name(), card.version(), probabilities, most, null, null, regions(model.classes(), map));
    }

    private static @Nullable Novelty novelty(LoadedModel model, Outputs given, int row) {
        if (!model.scored().contains(OnnxMetadata.OUTPUT_DISTANCE)) {
            return null;
        }
        float distance = given.row(OnnxMetadata.OUTPUT_DISTANCE, row)[0];
        if (!Float.isFinite(distance)) {
            throw new ScanstreamException(
                    ErrorCode.INTERNAL,
                    "model " + model.version() + " gave " + distance + " as the distance of this scan.");
        }
        return model.card().novelty(distance);
    }

    private static Regions regions(List<String> classes, ClassMap map) {
        Map<String, Double> shares = new LinkedHashMap<>();
        for (int k = 0; k < classes.size(); k++) {
            shares.put(classes.get(k), map.share(k));
        }
        String mask = Base64.getEncoder().encodeToString(map.png());
        boolean fits = mask.length() <= Regions.MOST_MASK_CHARS;
        return new Regions(shares, map.widthPx(), map.heightPx(), fits ? mask : null);
    }
}
