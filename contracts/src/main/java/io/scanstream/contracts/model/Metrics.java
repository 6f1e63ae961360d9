package io.scanstream.contracts.model;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How a model did on one split, computed through ONNX Runtime. Rates are 0 to 1. What is decided is a class for each image,
 * or for segmentation a class for each pixel. What cannot be computed is absent, as are fields that are newer than the file.
 *
 * @param images how many were scored
 * @param accuracy share of right decisions
 * @param macroF1 mean of the classes' F1
 * @param logLoss mean negative natural logarithm of the true class's probability
 * @param rocAuc for two classes, of the positive class; for more, the mean of one class against the rest; absent where a
 *     class has no image, and for segmentation
 * @param perClass in class order
 * @param confusion {@code [true][predicted]} counts, in class order
 * @param balancedAccuracy mean recall of the classes that have images
 * @param averagePrecision as {@code rocAuc}: of the positive class, or the mean of all
 * @param segmentation overlap of the regions; for segmentation only
 * @param merged the same images where the recipe takes some classes for one
 * @param intervals where figures lie with 95 % for images like these, by their short names: those of {@link #figures}, and
 *     {@code recall/<class>}, {@code specificity/<class>} and {@code precision/<class>}; left out where there are none
 * @param subgroups the same figures of parts of the split, as the recipe asks; left out where there are none
 */
public record Metrics(
        int images,
        double accuracy,
        double macroF1,
        double logLoss,
        @Nullable Double rocAuc,
        List<PerClass> perClass,
        List<List<Long>> confusion,
        @Nullable Double balancedAccuracy,
        @Nullable Double averagePrecision,
        @Nullable Segmentation segmentation,
        @Nullable Metrics merged,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) Map<String, Interval> intervals,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) List<Subgroup> subgroups) {

    /**
     * One class's figures; where nothing was predicted or there is no image, precision or recall is 0.
     *
     * @param images how many have the class; of segmentation, pixels
     * @param specificity share of the others that are not decided for this class; 0 where there are no others
     * @param averagePrecision sum over the ranks of precision times the gain in recall; absent where the class has no image
     * @param rocAuc of this class against the rest; absent where one side has no image
     */
    public record PerClass(
            String label,
            long images,
            double precision,
            double recall,
            double f1,
            @Nullable Double specificity,
            @Nullable Double averagePrecision,
            @Nullable Double rocAuc) {}

    /**
     * How regions overlap. Dice is 2·|A∩B| / (|A|+|B|), IoU |A∩B| / |A∪B|; a class that is neither in an image's mask nor
     * in its prediction counts 1 there. {@code dice} and {@code iou} are the means over the images, {@code diceOverall} and
     * {@code iouOverall} those of all images' pixels counted together. Here each is the mean of the foreground classes: all
     * but the first in class order, which is the background. With one foreground class they are that class's.
     *
     * @param perClass in class order, the background's included
     */
    public record Segmentation(double dice, double iou, double diceOverall, double iouOverall, List<Overlap> perClass) {
        public Segmentation {
            perClass = List.copyOf(perClass);
        }
    }

    /** One class's overlap, as {@link Segmentation} has it. */
    public record Overlap(String label, double dice, double iou, double diceOverall, double iouOverall) {}

    /**
     * The images of a split that have one value in a column of the data set's tables.
     *
     * @param column of the manifest's entries
     * @param value in that column, or a band of numbers, {@code 40 to 55}; absent for images without a value
     * @param metrics of these images alone
     */
    public record Subgroup(String column, @Nullable String value, Metrics metrics) {}

    public Metrics {
        perClass = List.copyOf(perClass);
        confusion = confusion.stream().map(List::copyOf).toList();
        intervals = intervals == null ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(intervals));
        subgroups = subgroups == null ? List.of() : List.copyOf(subgroups);
    }

    /** These figures with those of merged classes beside them. */
    public Metrics withMerged(Metrics ofMerged) {
        return new Metrics(
                images,
                accuracy,
                macroF1,
                logLoss,
                rocAuc,
                perClass,
                confusion,
                balancedAccuracy,
                averagePrecision,
                segmentation,
                ofMerged,
                intervals,
                subgroups);
    }

    /** These figures with their intervals. */
    public Metrics withIntervals(Map<String, Interval> ofThem) {
        return new Metrics(
                images,
                accuracy,
                macroF1,
                logLoss,
                rocAuc,
                perClass,
                confusion,
                balancedAccuracy,
                averagePrecision,
                segmentation,
                merged,
                ofThem,
                subgroups);
    }

    /** These figures with those of parts of the images. */
    public Metrics withSubgroups(List<Subgroup> parts) {
        return new Metrics(
                images,
                accuracy,
                macroF1,
                logLoss,
                rocAuc,
                perClass,
                confusion,
                balancedAccuracy,
                averagePrecision,
                segmentation,
                merged,
                intervals,
                parts);
    }

    /**
     * The figures of the whole split by their short names, as events, the command line and curves carry them: {@code
     * accuracy}, {@code balancedAccuracy}, {@code macroF1}, {@code logLoss}, {@code auc}, {@code averagePrecision}, {@code
     * dice}, {@code iou}, {@code diceOverall}, {@code iouOverall}; those that are absent are left out.
     */
    public Map<String, Double> figures() {
        Map<String, Double> figures = new LinkedHashMap<>();
        figures.put("accuracy", accuracy);
        figures.put("macroF1", macroF1);
        put(figures, "balancedAccuracy", balancedAccuracy);
        figures.put("logLoss", logLoss);
        put(figures, "auc", rocAuc);
        put(figures, "averagePrecision", averagePrecision);
        if (segmentation != null) {
            figures.put("dice", segmentation.dice());
            figures.put("iou", segmentation.iou());
            figures.put("diceOverall", segmentation.diceOverall());
            figures.put("iouOverall", segmentation.iouOverall());
        }
        return Collections.unmodifiableMap(figures);
    }

    private static void put(Map<String, Double> figures, String name, @Nullable Double value) {
        if (value != null) {
            figures.put(name, value);
        }
    }
}
