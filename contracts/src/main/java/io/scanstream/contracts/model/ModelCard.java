package io.scanstream.contracts.model;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.dataset.DatasetVersion;
import io.scanstream.contracts.job.JobId;
import io.scanstream.contracts.recipe.Recipe;
import io.scanstream.contracts.scoring.Novelty;
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
 * @param threshold the positive class's probability from which it is decided for: that of the {@code operatingPoint}
 * @param calibration how the probabilities were calibrated
 * @param operatingPoint how the threshold was chosen, and what it gives
 * @param referral which scans a person should look at
 * @param noveltyGuard which scans are unlike the training images; absent where the network has no features to tell by
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
        @Nullable Calibration calibration,
        @Nullable OperatingPoint operatingPoint,
        @Nullable Referral referral,
        @Nullable NoveltyGuard noveltyGuard,
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

    /** How probabilities are decided on. */
    public DecisionRule decisionRule() {
        return DecisionRule.of(positiveClass == null ? -1 : classes.indexOf(positiveClass), threshold);
    }

    /**
     * The class that probabilities decide for, by the {@link #decisionRule}.
     *
     * @param probabilities in class order
     */
    public String decide(double[] probabilities) {
        if (probabilities.length != classes.size()) {
            throw new ScanstreamException(
                    ErrorCode.INTERNAL,
                    "expected one probability for each of " + classes + ", got " + probabilities.length + ".");
        }
        return classes.get(decisionRule().decide(probabilities));
    }

    /**
     * Whether a person should look at the scan; absent where the model refers none.
     *
     * @param probabilities in class order
     */
    public @Nullable Boolean refers(double[] probabilities) {
        return referral == null ? null : probabilities[decisionRule().decide(probabilities)] < referral.confidence();
    }

    /**
     * How unlike the training images a scan is; absent where the model cannot tell.
     *
     * @param distance the output {@link OnnxMetadata#OUTPUT_DISTANCE}
     */
    public @Nullable Novelty novelty(double distance) {
        return noveltyGuard == null ? null : Novelty.of(distance, noveltyGuard.threshold());
    }

    private static <V> Map<String, V> ordered(Map<String, V> map) {
        return Collections.unmodifiableMap(new LinkedHashMap<>(map));
    }
}
