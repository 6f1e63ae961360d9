package io.scanstream.contracts.recipe;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * When a new version takes the champion's place by itself: every rule has to hold. Figures are of the test split, computed
 * through ONNX Runtime. The first version of a model has no champion to be compared with; the other rules hold for it too.
 */
public record Gate(
        @Setting(
                value =
                        "Test images that neither the new version nor the champion was trained or chosen on: with fewer,"
                                + " the two are not compared and nothing is promoted.",
                fallback = "20",
                min = 1)
        int fewestImages,

        @Setting(
                value = "Least values of figures of the test split: accuracy, balancedAccuracy, macroF1, auc,"
                        + " averagePrecision, sensitivity and specificity of the positive class, recall/CLASS,"
                        + " precision/CLASS, specificity/CLASS; of masks dice, iou, diceOverall, iouOverall.",
                fallback = "{}",
                example = "{sensitivity: 0.9}")
        Map<String, Double> atLeast,

        @Setting(
                value = "Least values of figures, by the names of atLeast, in every subgroup of the test split that"
                        + " evaluation.subgroups asks for.",
                fallback = "{}",
                example = "{sensitivity: 0.8}")
        Map<String, Double> everySubgroupAtLeast,

        @Setting(
                value = "Images below which a subgroup is not held to that: the figures of so few say little.",
                fallback = "30",
                min = 1)
        int fewestInSubgroup,

        @Setting(
                value =
                        "The figure by which the new version is compared with the champion on the same images: accuracy,"
                                + " balancedAccuracy, macroF1, auc, averagePrecision, sensitivity or specificity; of masks dice or"
                                + " iou. Left out: accuracy, of masks dice.",
                example = "balancedAccuracy")
        @Nullable
        String comparedBy,

        @Setting(
                value =
                        "How much worse than the champion is good enough: the 95 % interval of the difference has to lie"
                                + " above minus this. Left out: the interval must not lie below 0 as a whole.",
                min = 0,
                max = 1,
                example = "0.02")
        @Nullable
        Double margin,

        @Setting(
                value = "The largest expected calibration error on the test split.",
                above = 0,
                max = 1,
                example = "0.05")
        @Nullable
        Double calibrationErrorAtMost,

        @Setting(
                value =
                        "The longest that one scan may take on the trainer's processor, median, in milliseconds: decoded,"
                                + " resized and run by itself in ONNX Runtime.",
                above = 0,
                example = "50")
        @Nullable
        Double latencyAtMostMs) {
    public Gate {
        atLeast = Collections.unmodifiableMap(new LinkedHashMap<>(atLeast));
        everySubgroupAtLeast = Collections.unmodifiableMap(new LinkedHashMap<>(everySubgroupAtLeast));
    }
}
