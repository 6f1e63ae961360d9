package io.scanstream.contracts.model;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.dataset.DatasetVersion;
import io.scanstream.contracts.job.JobId;
import io.scanstream.contracts.recipe.Recipe;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a model is and how good it is, {@code card.json} in the package. What is not computed is absent, never a default.
 *
 * @param schemaVersion {@link #SCHEMA_VERSION}
 * @param threshold the positive class's probability from which it is decided for
 * @param metrics by split: {@code validation}, {@code test}
 * @param dataset the data set version, for models trained over the platform
 * @param manifestSha256 of the manifest (or of the sorted list of image digests, for an offline training), in hex
 * @param seed of weights, order and augmentation
 * @param versions of what trained and verified it, by name
 * @param parameters how many trainable numbers the network has
 * @param parityMaxAbs largest difference of a logit between the native network and ONNX Runtime
 * @param warnings what whoever uses the model should know, for people; left out where there is nothing
 */
public record ModelCard(
        int schemaVersion,
        String name,
        String version,
        Task task,
        List<String> classes,
        @Nullable String positiveClass,
        @Nullable Double threshold,
        Preprocessing preprocessing,
        Map<String, Metrics> metrics,
        @Nullable DatasetVersion dataset,
        String manifestSha256,
        Map<String, Integer> images,
        Recipe recipe,
        String recipeSha256,
        long seed,
        int bestEpoch,
        long parameters,
        double parityMaxAbs,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> warnings,
        Map<String, String> versions,
        @Nullable JobId job,
        String intendedUse,
        Instant createdAt) {
    public static final int SCHEMA_VERSION = 1;

    public static final String RESEARCH_USE_ONLY =
            "Research use only. Decision support, not a diagnosis; not a medical device.";

    public ModelCard {
        classes = List.copyOf(classes);
        metrics = ordered(metrics);
        images = ordered(images);
        warnings = warnings == null ? List.of() : List.copyOf(warnings);
        versions = ordered(versions);
    }

    /**
     * The class that probabilities decide for: with a threshold the positive class from it on, else the most probable of
     * the others; without one the most probable of all, the first of equals. Evaluation, golden scores and serving all
     * decide here.
     *
     * @param probabilities in class order
     */
    public String decide(double[] probabilities) {
        if (probabilities.length != classes.size()) {
            throw new ScanstreamException(
                    ErrorCode.INTERNAL,
                    "expected one probability for each of " + classes + ", got " + probabilities.length + ".");
        }
        int positive = threshold == null || positiveClass == null ? -1 : classes.indexOf(positiveClass);
        if (threshold != null && positive >= 0 && probabilities[positive] >= threshold) {
            return classes.get(positive);
        }
        int best = -1;
        for (int i = 0; i < probabilities.length; i++) {
            if (i != positive && (best < 0 || probabilities[i] > probabilities[best])) {
                best = i;
            }
        }
        return classes.get(best);
    }

    private static <V> Map<String, V> ordered(Map<String, V> map) {
        return Collections.unmodifiableMap(new LinkedHashMap<>(map));
    }
}
