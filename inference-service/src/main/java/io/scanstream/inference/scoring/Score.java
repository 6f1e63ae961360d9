package io.scanstream.inference.scoring;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.model.ModelCard;
import io.scanstream.inference.model.LoadedModel;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The answer to one scan, in the JSON that the HTTP edge gives.
 *
 * @param probabilities by class, in the model's class order; finite
 * @param decision the class that the card decides for
 * @param threshold the positive class's probability from which it is decided for, if the card has one
 */
public record Score(
        String model,
        String version,
        Map<String, Double> probabilities,
        String decision,
        @Nullable Double threshold) {
    public Score {
        probabilities = Collections.unmodifiableMap(new LinkedHashMap<>(probabilities));
    }

    /**
     * What a model's output means.
     *
     * @throws ScanstreamException {@code INTERNAL} if a probability is not a number
     */
    static Score of(LoadedModel model, LoadedModel.Output output) {
        ModelCard card = model.card();
        double[] values = new double[output.probabilities().length];
        Map<String, Double> probabilities = new LinkedHashMap<>();
        for (int i = 0; i < values.length; i++) {
            values[i] = output.probabilities()[i];
            if (!Double.isFinite(values[i])) {
                throw new ScanstreamException(
                        ErrorCode.INTERNAL,
                        "model " + model.version() + " gave " + values[i] + " as the probability of "
                                + model.classes().get(i) + " for this scan.");
            }
            probabilities.put(model.classes().get(i), values[i]);
        }
        return new Score(card.name(), card.version(), probabilities, card.decide(values), card.threshold());
    }
}
