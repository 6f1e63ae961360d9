package io.scanstream.contracts.recipe;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.scanstream.contracts.model.Task;
import org.jspecify.annotations.Nullable;

/** A figure of the validation split that an epoch is judged by. */
public enum Metric {
    /**
     * The recipe's loss of the whole split as of one batch: the mean over the images or their pixels, by their classes'
     * weights where the recipe gives any; dice over all masks.
     */
    @JsonProperty("loss")
    LOSS("loss", false, null),
    /** Share of right decisions: of images, or of pixels. */
    @JsonProperty("accuracy")
    ACCURACY("accuracy", true, null),
    /** Mean of the classes' recalls. */
    @JsonProperty("balancedAccuracy")
    BALANCED_ACCURACY("balancedAccuracy", true, null),
    /** Mean of the classes' F1. */
    @JsonProperty("macroF1")
    MACRO_F1("macroF1", true, null),
    /** Area under the ROC curve, for more than two classes the mean of one against the rest; for classification. */
    @JsonProperty("auc")
    AUC("auc", true, Task.CLASSIFICATION),
    /** Average precision, for more than two classes the mean; for classification. */
    @JsonProperty("averagePrecision")
    AVERAGE_PRECISION("averagePrecision", true, Task.CLASSIFICATION),
    /** Dice coefficient of the foreground, mean over the images; for segmentation. */
    @JsonProperty("dice")
    DICE("dice", true, Task.SEGMENTATION),
    /** Intersection over union of the foreground, mean over the images; for segmentation. */
    @JsonProperty("iou")
    IOU("iou", true, Task.SEGMENTATION);

    private final String key;
    private final boolean higherIsBetter;

    @SuppressWarnings("ImmutableEnumChecker") // made by Set.of
    private final @Nullable Task onlyOf;

    Metric(String key, boolean higherIsBetter, @Nullable Task onlyOf) {
        this.key = key;
        this.higherIsBetter = higherIsBetter;
        this.onlyOf = onlyOf;
    }

    /** Its name in recipes, events and histories. */
    public String key() {
        return key;
    }

    /** How far {@code value} is better than {@code before}; negative where it is worse, NaN where either is no number. */
    public double gain(double value, double before) {
        return higherIsBetter ? value - before : before - value;
    }

    /** Whether a model with this task has the figure. */
    public boolean isOf(Task task) {
        return onlyOf == null || onlyOf == task;
    }
}
