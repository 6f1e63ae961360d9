package io.scanstream.contracts.recipe;

import io.scanstream.contracts.model.Task;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Contradictions in a recipe's section {@code gate}. */
final class GateCheck {
    private static final String LEAST = "recipe.gate.atLeast";
    private static final String SUBGROUPS = "recipe.gate.everySubgroupAtLeast";
    private static final String COMPARED = "recipe.gate.comparedBy";

    private static final List<String> OF_CLASSES =
            List.of("accuracy", "balancedAccuracy", "macroF1", "auc", "averagePrecision", "sensitivity", "specificity");
    private static final List<String> OF_A_CLASS = List.of("recall", "precision", "specificity");
    private static final List<String> OF_MASKS = List.of("dice", "iou");
    private static final List<String> OF_ALL_PIXELS = List.of("diceOverall", "iouOverall");
    private static final Set<String> OF_THE_POSITIVE = Set.of("sensitivity", "specificity");

    /** What contradicts itself. */
    static void alone(Recipe recipe, List<Problem> problems) {
        Gate gate = recipe.gate();
        bounds(LEAST, gate.atLeast(), recipe, problems);
        bounds(SUBGROUPS, gate.everySubgroupAtLeast(), recipe, problems);
        Recipe.Evaluation evaluation = recipe.evaluation();
        if (!gate.everySubgroupAtLeast().isEmpty()
                && (evaluation == null || evaluation.subgroups().isEmpty())) {
            problems.add(new Problem(SUBGROUPS, "recipe.evaluation.subgroups names no column to make subgroups by."));
        }
        String compared = gate.comparedBy();
        if (compared != null) {
            if (!OF_CLASSES.contains(compared) && !OF_MASKS.contains(compared)) {
                problems.add(new Problem(
                        COMPARED,
                        "'" + compared + "' is not one of " + String.join(", ", OF_CLASSES) + ", "
                                + String.join(", ", OF_MASKS) + "."));
            }
            needsPositive(COMPARED, compared, recipe, problems);
        }
    }

    private static void bounds(String section, Map<String, Double> bounds, Recipe recipe, List<Problem> problems) {
        bounds.forEach((figure, least) -> {
            String path = section + "." + figure;
            if (!isKnown(figure)) {
                problems.add(
                        new Problem(path, "unknown figure. Known here: " + named() + ", recall/CLASS and the like."));
            }
            if (!(least >= 0 && least <= 1)) {
                problems.add(new Problem(path, least + " is not between 0 and 1."));
            }
            needsPositive(path, figure, recipe, problems);
        });
    }

    /** What contradicts the data's classes, in class order. */
    static void against(Gate gate, List<String> classes, Task task, List<Problem> problems) {
        figures(LEAST, gate.atLeast().keySet(), classes, task, problems);
        figures(SUBGROUPS, gate.everySubgroupAtLeast().keySet(), classes, task, problems);
        if (gate.comparedBy() != null) {
            fits(COMPARED, gate.comparedBy(), task, problems);
        }
        if (task == Task.SEGMENTATION && gate.calibrationErrorAtMost() != null) {
            problems.add(new Problem(
                    "recipe.gate.calibrationErrorAtMost", "the data has masks; calibration is of whole images."));
        }
    }

    private static void figures(
            String section, Set<String> figures, List<String> classes, Task task, List<Problem> problems) {
        for (String figure : figures) {
            String path = section + "." + figure;
            String name = classIn(figure);
            if (name != null && !classes.contains(name)) {
                problems.add(new Problem(path, "'" + name + "' is not among the data's classes " + classes + "."));
            }
            fits(path, figure, task, problems);
        }
    }

    private static void fits(String path, String figure, Task task, List<Problem> problems) {
        boolean ofMasks = OF_MASKS.contains(figure) || OF_ALL_PIXELS.contains(figure);
        if (isKnown(figure) && ofMasks != (task == Task.SEGMENTATION)) {
            problems.add(new Problem(
                    path,
                    ofMasks
                            ? "the data has labels; there is no overlap of regions."
                            : "the data has masks; compare by dice or iou."));
        }
    }

    private static void needsPositive(String path, String figure, Recipe recipe, List<Problem> problems) {
        if (OF_THE_POSITIVE.contains(figure) && recipe.data().positiveClass() == null) {
            problems.add(
                    new Problem(path, figure + " is of the positive class; recipe.data.positiveClass names none."));
        }
    }

    private static boolean isKnown(String figure) {
        return OF_CLASSES.contains(figure)
                || OF_MASKS.contains(figure)
                || OF_ALL_PIXELS.contains(figure)
                || classIn(figure) != null;
    }

    /** The class that a figure such as {@code recall/cancer} is of. */
    private static @Nullable String classIn(String figure) {
        int slash = figure.indexOf('/');
        return slash > 0 && OF_A_CLASS.contains(figure.substring(0, slash)) ? figure.substring(slash + 1) : null;
    }

    private static String named() {
        return String.join(", ", OF_CLASSES) + ", " + String.join(", ", OF_MASKS) + ", "
                + String.join(", ", OF_ALL_PIXELS);
    }

    private GateCheck() {}
}
